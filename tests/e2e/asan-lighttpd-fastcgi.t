#!/usr/bin/perl
# The end-to-end cases on lighttpd with mod_fastcgi, with the program built for ASan and UBSan.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;

run_cases('lighttpd-fastcgi', build => 'build/asan');
