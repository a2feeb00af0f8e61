"""What tests of every distance share: waiting, harnesses, factories, checkers. No test is here."""
