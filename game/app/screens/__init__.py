"""The screens: title, level list, match set-up, play, pause, results, settings, dialogs and errors."""
