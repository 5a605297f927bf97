"""The Python halves of the JavaScript modules, a folder each."""
