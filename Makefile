# dynmod: build, test, run, install. GNU make; settings may be overridden in config.mk or on the command line.
-include config.mk

PREFIX ?= /usr
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
BUILD ?= build
ifeq ($(origin CC),default)
CC := gcc
endif
PACKAGES := json-c libpq libjwt nettle libpcre2-8 libidn2

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
HARDENING ?= -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2 -Wformat -Werror=format-security
LINK_HARDENING ?= -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed
override CPPFLAGS += -D_GNU_SOURCE -Isrc -I$(BUILD)/generated
COMPILE = $(CC) -std=c11 $(CPPFLAGS) $(CFLAGS) $(WARNINGS) $(HARDENING) $$(pkg-config --cflags $(PACKAGES)) -MMD -MP
LINK = $(CC) $(CFLAGS) $(LDFLAGS) $(LINK_HARDENING)
LIBRARIES = $$(pkg-config --libs $(PACKAGES) libcrypto) -lm
# What calls apps and checks passwords needs more: not the public program.
HOST_LIBRARIES = $(LIBRARIES) $$(pkg-config --libs libcurl libcrypt)

LIBRARY_FOLDERS := base json schema http store connect host api admin
LIBRARY_OBJECTS := $(patsubst src/%.c,$(BUILD)/%.o,$(wildcard $(LIBRARY_FOLDERS:%=src/%/*.c))) \
	$(BUILD)/generated/builtin_types.o
GATEWAY_OBJECTS := $(patsubst src/%.c,$(BUILD)/%.o,$(wildcard src/gateway/*.c))
TOOL_OBJECTS := $(patsubst src/%.c,$(BUILD)/%.o,$(wildcard src/ctl/*.c))
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
UNIT_OBJECTS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%.o,$(wildcard tests/unit/unit*.c))
PROGRAMS := $(BUILD)/dynmod.fcgi $(BUILD)/dynmod-admin.fcgi $(BUILD)/dynmodctl

.PHONY: all programs unit-tests
all: programs

programs: $(PROGRAMS)

# What a rule does, in a word; V=1 shows the commands themselves.
ifeq ($(V),1)
say :=
else
say = @echo "  $(1)  $@";
endif

$(BUILD)/libdynmod.a: $(LIBRARY_OBJECTS)
	$(call say,AR)rm -f $@ && $(AR) qcs $@ $^

$(BUILD)/generated/builtin_types.c: dev/builtin-types.sh $(wildcard sql/module_types/*.json)
	@mkdir -p $(@D)
	$(call say,GEN)dev/builtin-types.sh sql/module_types >$@.new && mv $@.new $@

$(BUILD)/generated/%.o: $(BUILD)/generated/%.c
	$(call say,CC)$(COMPILE) -c -o $@ $<

$(BUILD)/%.o: src/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -c -o $@ $<

$(BUILD)/dynmod.fcgi: $(BUILD)/dynmod.o $(GATEWAY_OBJECTS) $(BUILD)/libdynmod.a
	$(call say,LD)$(LINK) -o $@ $^ -lfcgi $(LIBRARIES)

$(BUILD)/dynmod-admin.fcgi: $(BUILD)/dynmod_admin.o $(GATEWAY_OBJECTS) $(BUILD)/libdynmod.a
	$(call say,LD)$(LINK) -o $@ $^ -lfcgi $(HOST_LIBRARIES)

$(BUILD)/dynmodctl: $(BUILD)/dynmodctl.o $(TOOL_OBJECTS) $(BUILD)/libdynmod.a
	$(call say,LD)$(LINK) -o $@ $^ $(HOST_LIBRARIES)

unit-tests: $(UNIT_TESTS) build/generated/module_cases.jsonl

build/generated/module_cases.jsonl: tests/lib/module_cases.pl $(wildcard sql/module_types/*.json \
		tests/data/module_types/*.json)
	@mkdir -p $(@D)
	$(call say,GEN)tests/lib/module_cases.pl >$@.new 2>build/generated/module_cases.log && mv $@.new $@

$(UNIT_OBJECTS) $(BUILD)/fuzz/web.o: $(BUILD)/%.o: tests/%.c
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(UNIT_OBJECTS) $(BUILD)/libdynmod.a
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) $(LINK_HARDENING) $(LDFLAGS) -o $@ $(filter %.c %.o %.a,$^) -lcmocka \
		$(HOST_LIBRARIES)

# It counts how often a canonical request is built.
%/unit/test_authentication: override LDFLAGS += -Wl,--wrap=percent_encode
# It has a server that speaks TLS.
%/unit/test_http_client: HOST_LIBRARIES += -lssl

# ---- The private stack --------------------------------------------------------------------------
PORT ?= 8080
SERVER ?= apache
STATE ?=

.PHONY: run
run:
	@dev/dependencies.sh run $(SERVER)
	@$(MAKE) --no-print-directory programs
	@PORT='$(PORT)' SERVER='$(SERVER)' STATE='$(STATE)' BUILD='$(BUILD)' exec dev/run.sh

# ---- Tests --------------------------------------------------------------------------------------
SANITIZE := BUILD=build/asan HARDENING= CFLAGS='-O1 -g -fno-omit-frame-pointer \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined'
TESTS ?= $(sort $(filter-out tests/lint/tidy.t,$(wildcard tests/lint/*.t)) $(wildcard tests/sql/*.t tests/e2e/*.t tests/clients/*.t tests/fuzz/*.t)) \
	$(UNIT_TESTS) $(UNIT_TESTS:$(BUILD)/%=build/asan/%)

# The fuzzers are built with clang, which has libFuzzer; it does not define what gcc does.
FUZZERS := $(patsubst tests/fuzz/%.c,build/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ_BUILD := BUILD=build/fuzz CC=clang HARDENING= LINK_HARDENING= \
	CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined \
	-D__SANITIZE_ADDRESS__'
SECONDS ?= 600

.PHONY: test test-builds lint fuzz fuzzers
test:
	@dev/dependencies.sh test
	@$(MAKE) --no-print-directory test-builds
	@SETS_SEQUENCES=$${SETS_SEQUENCES:-100} CMOCKA_MESSAGE_OUTPUT=TAP prove --exec '' --timer -j2 $(TESTS)

test-builds:
	@$(MAKE) --no-print-directory -j2 programs unit-tests
	@$(MAKE) --no-print-directory -j2 $(SANITIZE) programs unit-tests
	@$(MAKE) --no-print-directory -j2 $(FUZZ_BUILD) fuzzers

fuzzers: $(FUZZERS)

build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c build/fuzz/libdynmod.a
	$(call say,LD)$(COMPILE) -fsanitize=fuzzer -o $@ $(filter %.c %.o,$^) $(filter %.a,$^) $(LDFLAGS) \
		$(HOST_LIBRARIES)

# These two answer whole requests.
build/fuzz/fuzz_request build/fuzz/fuzz_cgi: $(BUILD)/fuzz/web.o
# This one runs a web program, with a clock and pipes of its own.
build/fuzz/fuzz_cgi: $(filter-out %/allocation.o %/deadline.o,$(GATEWAY_OBJECTS))
build/fuzz/fuzz_cgi: override LDFLAGS += -Wl,--wrap=read,--wrap=writev
build/fuzz/fuzz_cgi: HOST_LIBRARIES += -lfcgi

# Looks for faults during SECONDS for each fuzzer.
fuzz:
	@dev/dependencies.sh test
	@$(MAKE) --no-print-directory -j2 $(FUZZ_BUILD) fuzzers
	@SECONDS_EACH=$(SECONDS) prove --exec '' -v tests/fuzz/fuzz.t

lint:
	@dev/dependencies.sh lint
	@$(MAKE) --no-print-directory $(BUILD)/generated/builtin_types.c
	@prove --exec '' --timer -j2 tests/lint/*.t

# What a compiler must be told to read one source file, for tests/lint.
.PHONY: analysis-flags
analysis-flags:
	@echo -std=c11 $(CPPFLAGS) $$(pkg-config --cflags $(PACKAGES))

# ---- Measuring: tests/bench/README.md -----------------------------------------------------------
BENCH_PROGRAMS := $(addprefix $(BUILD)/bench/,client validation responder/dynmod.fcgi \
	responder/dynmod-admin.fcgi)
BENCH_SETTINGS = BUILD='$(BUILD)' PARTS='$(PARTS)' ROUNDS='$(ROUNDS)' DURATION='$(DURATION)' \
	BASE='$(BASE)' GROWTH_APPS='$(GROWTH_APPS)'

.PHONY: bench bench-profile bench-programs
bench:
	@dev/dependencies.sh bench
	@$(MAKE) --no-print-directory -j2 bench-programs
	@$(BENCH_SETTINGS) tests/bench/bench.pl

bench-profile:
	@dev/dependencies.sh bench
	@$(MAKE) --no-print-directory -j2 bench-programs
	@$(BENCH_SETTINGS) tests/bench/profile.pl

bench-programs: programs $(BENCH_PROGRAMS)

$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libdynmod.a
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) $(LINK_HARDENING) -o $@ $(filter %.c %.a,$^) $(LIBRARIES)

# Needs what dynmod.fcgi needs, so that a start as a CGI program loads the same libraries.
$(BUILD)/bench/responder/dynmod.fcgi: tests/bench/responder.c $(BUILD)/dynmod.fcgi
	@mkdir -p $(@D)
	$(call say,CC)$(COMPILE) $(LINK_HARDENING) -o $@ $< -lfcgi -lpq -Wl,--no-as-needed \
		$$(readelf -d $(BUILD)/dynmod.fcgi | sed -n 's/.*(NEEDED).*\[\(.*\)\]$$/-l:\1/p')

# A stack has both programs.
$(BUILD)/bench/responder/dynmod-admin.fcgi: $(BUILD)/dynmod-admin.fcgi
	@mkdir -p $(@D)
	$(call say,CP)cp $< $@

# ---- Installation -------------------------------------------------------------------------------
libexec = $(PREFIX)/lib/dynmod
share = $(PREFIX)/share/dynmod
root = $(DESTDIR)$(PREFIX)
etc = $(DESTDIR)$(SYSCONFDIR)
# The set-ups name the places of a Debian package; another PREFIX or SYSCONFDIR is put in here.
place = sed -e 's|/usr/lib/dynmod|$(libexec)|g' -e 's|/etc/dynmod|$(SYSCONFDIR)/dynmod|g' \
	-e 's|/usr/bin/|$(PREFIX)/bin/|g'
# Those who read dynmod.conf are in this group, if there is one.
CONF_GROUP ?= dynmod-web

# Runs a command of dev/configuration.sh for each set-up of a web server.
define set_ups
	for file in apache/*.conf; do \
		$(place) "$$file" | dev/configuration.sh $(1) \
			"$(etc)/apache2/conf-available/$${file#apache/}" $(2) || exit 1; done
	for file in lighttpd/*.conf; do \
		$(place) "$$file" | dev/configuration.sh $(1) \
			"$(etc)/lighttpd/conf-available/50-$${file#lighttpd/}" $(2) || exit 1; done
endef

# Units of the web program, those of the admin program made from them, and others.
WEB_UNITS := dynmod.socket dynmod@.service
UNITS := $(notdir $(wildcard systemd/*.service systemd/*.socket systemd/*.timer))
ALL_UNITS := $(UNITS) $(WEB_UNITS:dynmod%=dynmod-admin%)
# Prints the unit $(1), - for standard input, with the lines that all services have.
unit = sed -e '/^\# hardening\.conf$$/{' -e 'r systemd/hardening.conf' -e 'd' -e '}' $(1) | $(place)

.PHONY: install uninstall
install: programs
	install -d "$(root)/bin" "$(DESTDIR)$(libexec)" "$(DESTDIR)$(libexec)/cgi-bin" \
		"$(DESTDIR)$(share)/sql/migrations" "$(DESTDIR)$(share)/sql/module_types" \
		"$(root)/share/man/man1" "$(root)/share/bash-completion/completions" "$(etc)/dynmod" \
		"$(etc)/apache2/conf-available" "$(etc)/lighttpd/conf-available" \
		"$(DESTDIR)$(UNITDIR)" "$(root)/lib/sysusers.d" "$(root)/lib/tmpfiles.d"
	install -m 0755 $(BUILD)/dynmodctl "$(root)/bin/dynmodctl"
	install -m 0644 src/ctl/dynmodctl.1 "$(root)/share/man/man1/dynmodctl.1"
	install -m 0644 src/ctl/dynmodctl.bash "$(root)/share/bash-completion/completions/dynmodctl"
	for name in dynmod dynmod-admin; do \
		for place in "$(libexec)/$$name.fcgi" "$(libexec)/cgi-bin/$$name.fcgi" \
			"$(libexec)/cgi-bin/$$name.cgi"; do \
			install -m 0755 "$(BUILD)/$$name.fcgi" "$(DESTDIR)$$place" || exit 1; done; done
	install -m 0644 cgi-bin/.htaccess "$(DESTDIR)$(libexec)/cgi-bin/.htaccess"
	install -m 0755 sql/migrate.sh "$(DESTDIR)$(share)/sql/migrate.sh"
	install -m 0644 sql/roles.sql sql/grants.sql "$(DESTDIR)$(share)/sql"
	install -m 0644 sql/migrations/*.sql "$(DESTDIR)$(share)/sql/migrations"
	install -m 0644 sql/module_types/*.json "$(DESTDIR)$(share)/sql/module_types"
	install -D -m 0644 -t "$(DESTDIR)$(share)/monitoring" monitoring/*
	for file in $(UNITS); do \
		$(call unit,"systemd/$$file") >"$(DESTDIR)$(UNITDIR)/$$file" || exit 1; done
	for file in $(WEB_UNITS); do \
		sed -f systemd/admin.sed "systemd/$$file" | $(call unit,-) \
			>"$(DESTDIR)$(UNITDIR)/dynmod-admin$${file#dynmod}" || exit 1; done
	cd "$(DESTDIR)$(UNITDIR)" && chmod 0644 $(ALL_UNITS)
	install -m 0644 systemd/sysusers.conf "$(root)/lib/sysusers.d/dynmod.conf"
	install -m 0644 systemd/tmpfiles.conf "$(root)/lib/tmpfiles.d/dynmod.conf"
	$(call set_ups,install,0644)
	dev/configuration.sh install "$(etc)/dynmod/dynmod.conf" 0640 "$(CONF_GROUP)" <dev/sample/dynmod.conf

# dynmod.conf stays, and so do set-ups that were edited.
uninstall:
	rm -f "$(root)/bin/dynmodctl" "$(root)/share/man/man1/dynmodctl.1" \
		"$(root)/share/bash-completion/completions/dynmodctl" "$(etc)/dynmod/dynmod.conf.new"
	for file in $(ALL_UNITS); do rm -f "$(DESTDIR)$(UNITDIR)/$$file"; done
	rm -f "$(root)/lib/sysusers.d/dynmod.conf" "$(root)/lib/tmpfiles.d/dynmod.conf"
	$(call set_ups,remove)
	rm -rf "$(DESTDIR)$(libexec)" "$(DESTDIR)$(share)"

# ---- Debian package: build/deb/dynmod_VERSION_ARCHITECTURE.deb ----------------------------------
.PHONY: deb
deb:
	@dev/dependencies.sh deb
	rm -rf build/deb && mkdir -p build/deb/dynmod
	tar -c --exclude=./build --exclude=./.git --exclude=./config.mk --exclude=node_modules . | \
		tar -x -C build/deb/dynmod
	cd build/deb/dynmod && DEB_BUILD_OPTIONS="parallel=2 $$DEB_BUILD_OPTIONS" \
		dpkg-buildpackage -b -uc -us
	@ls build/deb/dynmod_*.deb

-include $(wildcard $(BUILD)/*.d $(BUILD)/*/*.d)

.PHONY: clean
clean:
	rm -rf build
