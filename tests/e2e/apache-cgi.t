#!/usr/bin/perl
# The end-to-end cases on Apache with plain CGI.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;

run_cases('apache-cgi', subjects => SERVER_SUBJECTS);
