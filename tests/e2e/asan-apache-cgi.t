#!/usr/bin/perl
# The end-to-end cases on Apache with plain CGI, with the program built for ASan and UBSan.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;

run_cases('apache-cgi', build => 'build/asan', subjects => [qw(bodies protocol removing)]);
