# An app with atlassian-connect-express, tests/clients/ace-app.mjs, in a folder and on a port of its
# own, as a developer starts and stops it.
package ExpressApp;

use strict;
use warnings;

use Cwd qw(abs_path);
use Faults qw(wait_for);
use File::Basename qw(dirname);
use File::Temp qw(tempdir tempfile);
use Http qw(http_request);
use JSON::PP;
use Modules qw(descriptor);
use Npm qw(node_program);
use POSIX qw(WNOHANG);
use Stack;

use constant {
    TIMEOUT  => 60,                     # seconds until the app has done what it is expected to do
    NAME     => 'admin',
    PASSWORD => 'a password/of: the admin',
};

my $program = abs_path(dirname(__FILE__) . '/../clients/ace-app.mjs');
my $json = JSON::PP->new->utf8->canonical;
my @running;
my $owner = $$;

END {
    if ($$ == $owner) {
        my $status = $?;
        $_->stop('KILL') for splice @running;
        $? = $status;
    }
}

# add_administrator(STACK)
# Lets apps install themselves: in the URLs of their hosts are a name and a password.
sub add_administrator {
    my ($stack) = @_;
    my ($file, $path) = tempfile(UNLINK => 1);
    print {$file} PASSWORD;
    close $file or die "$path: $!\n";
    $stack->ctl('admin', 'add', NAME, '--password-file', $path);
    return;
}

# ExpressApp->new(STACK, KEY, %options)
# Makes the folder of an app. Options: site, stored (whether its store is a file, not memory), and
# keys, where it fetches the keys of the site instead of asking the site: a path of its own.
sub new {
    my ($class, $stack, $key, %options) = @_;
    my $site = $options{site} // 'default';
    my $port = Stack::free_port();
    my $url = "http://127.0.0.1:$port";
    my $host = $stack->url . ($site eq 'default' ? '' : "/$site");
    my $self = bless {
        %options,
        key => $key,
        url => $url,
        keys => $options{keys} ? $url . $options{keys} : "$host/rest/dynmod/1/keys",
        directory => tempdir('dynmod-app-XXXXXX', TMPDIR => 1, CLEANUP => 1),
        client_key => $stack->sql("SELECT client_key FROM dynmod.site WHERE name = '$site'"),
    }, $class;
    my @store = $options{stored} ? (dialect => 'sqlite', storage => 'store') : (type => 'memory');
    my $caller = join ':', map { s/(\W)/sprintf '%%%02X', ord $1/ger } NAME, PASSWORD;
    (my $address = $host) =~ s{//}{//$caller@};
    $self->write_file('config.json', {
        development => {
            port => $port,
            hosts => [$address],
            store => { adapter => 'sequelize', logging => JSON::PP::false, @store },
        },
    });
    $self->describe({});
    return $self;
}

# Files appear at once, since the app watches its descriptor.
sub write_file {
    my ($self, $name, $data) = @_;
    my $path = "$self->{directory}/$name";
    open my $file, '>', "$path.new" or die "$path.new: $!\n";
    print {$file} $json->encode($data);
    close $file or die "$path.new: $!\n";
    rename "$path.new", $path or die "$path: $!\n";
    return;
}

# describe(MODULES)
# Writes the descriptor, with these modules.
sub describe {
    my ($self, $modules) = @_;
    my %lifecycle = map { $_ => "/$_" } qw(installed enabled disabled uninstalled);
    $self->write_file('atlassian-connect.json', descriptor($self->{key},
        baseUrl => '{{localBaseUrl}}', lifecycle => \%lifecycle, modules => $modules));
    return;
}

sub key {
    my ($self) = @_;
    return $self->{key};
}

sub client_key {
    my ($self) = @_;
    return $self->{client_key};
}

# Starts the app; what it prints from now on is its output.
sub start {
    my ($self) = @_;
    my $output = "$self->{directory}/output";
    unlink $output;    # nobody is to read what it printed before
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        delete $ENV{NODE_ENV};
        @ENV{qw(AC_LOCAL_BASE_URL CONNECT_KEYS_CDN_URL)} = @$self{qw(url keys)};
        chdir $self->{directory}
            and open STDIN, '<', '/dev/null'
            and open STDOUT, '>', $output
            and open STDERR, '>&', \*STDOUT
            and exec node_program(), $program;
        POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    push @running, $self;
    return;
}

# stop(SIGNAL)
# Sends a signal to the app and waits for its end, which is forced in the end; returns whether it
# was not.
sub stop {
    my ($self, $signal) = @_;
    @running = grep { $_ != $self } @running;
    my $pid = delete $self->{pid} // return 1;
    kill $signal, $pid;
    return 1 if wait_for(TIMEOUT, sub { waitpid($pid, WNOHANG) != 0 });
    kill 'KILL', $pid;
    waitpid $pid, 0;
    return 0;
}

# What the app has printed since it was started.
sub output {
    my ($self) = @_;
    open my $file, '<:raw', "$self->{directory}/output" or return '';
    local $/;
    return <$file> // '';
}

# prints(PATTERN)
# Waits until the output matches, and returns what the last group has matched, or 1; undef if it
# never does.
sub prints {
    my ($self, $pattern) = @_;
    my $found = wait_for(TIMEOUT, sub { $self->output =~ $pattern && [ $+ // 1 ] });
    return $found && $found->[0];
}

# tells(EVENT)
# What ace-app.mjs prints of the first event of this name; undef if it never does.
sub tells {
    my ($self, $event) = @_;
    my $line = $self->prints(qr/^(\{.*"event":"$event".*\})$/m) // return;
    return $json->decode($line);
}

# ask(METHOD, %options)
# Lets the app send a request by its library; METHOD and options are the library's. Returns the
# status and the body that the library has handed over.
sub ask {
    my ($self, $method, %options) = @_;
    my $question = { clientKey => $self->{client_key}, method => $method, %options };
    my $response = http_request($self->{url}, 'POST', '/ask',
        headers => ['Content-Type' => 'application/json'], body => $json->encode($question));
    $response->{status} == 200 or die "the app answers $response->{status}: $response->{body}\n";
    return @{ $json->decode($response->{body}) }{qw(status body)};
}

1;
