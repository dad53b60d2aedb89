# What a Prometheus server reads of the program.
package Metrics;

use strict;
use warnings;

use Exporter qw(import);
use Http qw(http_request);

our @EXPORT_OK = qw(scrape samples sum_of);

use constant PATH => '/rest/dynmod/1/metrics';

# scrape(STACK, %options)
# The response to a request for the metrics; options of http_request().
sub scrape {
    my ($stack, %options) = @_;
    return http_request($stack->url, 'GET', PATH, %options);
}

# samples(TEXT)
# Sample, as in the text format, to its value.
sub samples {
    my ($text) = @_;
    return { $text =~ /^([a-z_]+(?:\{[^}]*\})?) ([-+.\de]+)$/mg };
}

# sum_of(SAMPLES, NAME, LABEL => VALUE...)
# The sum of the samples of a metric that have all of these labels.
sub sum_of {
    my ($samples, $name, %labels) = @_;
    my $sum = 0;
SAMPLE: for my $sample (keys %$samples) {
        next unless $sample =~ /^\Q$name\E(?:\{|\z)/;
        for my $label (keys %labels) {
            next SAMPLE unless $sample =~ /[{,]$label="\Q$labels{$label}\E"/;
        }
        $sum += $samples->{$sample};
    }
    return $sum;
}

1;
