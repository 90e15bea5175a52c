"""From a letter's facts to a mail: templates, words, headers."""
