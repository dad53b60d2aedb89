#!/usr/bin/perl
# The end-to-end cases on Apache with mod_proxy_fcgi.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;

run_cases('apache-proxy', subjects => SERVER_SUBJECTS);
