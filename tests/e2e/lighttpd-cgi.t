#!/usr/bin/perl
# The end-to-end cases on lighttpd with mod_cgi.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;

run_cases('lighttpd-cgi', subjects => SERVER_SUBJECTS);
