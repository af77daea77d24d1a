#!/usr/bin/perl
# SPDX-License-Identifier: Apache-2.0
# Scores mails with SpamAssassin as a library: Bayes and local rules, no network.
# usage: spamassassin.pl SITE-CONFIGURATION < PATHS      one line a mail: its total, its Bayes probability
use strict;
use warnings;
use Mail::SpamAssassin;

my $filter = Mail::SpamAssassin->new({
  site_rules_filename => $ARGV[0],
  local_tests_only    => 1,
  dont_copy_prefs     => 1,
  userprefs_filename  => "/dev/null",
});
$filter->init(1);
$| = 1;
while (my $path = <STDIN>) {
  chomp $path;
  open(my $file, "<:raw", $path) or die "$path: $!";
  my @lines = <$file>;
  close $file;
  my $mail = $filter->parse(\@lines);
  my $status = $filter->check($mail);
  my $bayes = $status->{bayes_score};
  printf "%.4f %.17g\n", $status->get_score(), defined $bayes ? $bayes : 0.5;
  $status->finish();
  $mail->finish();
}
