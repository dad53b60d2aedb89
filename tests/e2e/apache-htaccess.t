#!/usr/bin/perl
# The end-to-end cases on Apache on shared hosting, where .htaccess finds mod_fcgid.
use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";

use Cases;

run_cases('apache-htaccess', subjects => SERVER_SUBJECTS);
