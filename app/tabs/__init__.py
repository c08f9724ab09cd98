"""One module a tab; each draws itself inside the ``gr.Blocks`` that :func:`app.main.build` opens."""
