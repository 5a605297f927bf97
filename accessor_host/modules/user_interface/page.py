"""The page of a user interface, and what it is told."""

from __future__ import annotations

from collections import OrderedDict

__all__ = ["MAX_UPDATES", "SOCKET", "Page", "frame_of"]

SOCKET = "/accessor-host/page"
"""Path of the page's web socket."""

MAX_UPDATES = 1000
"""Updates that a page gets that is opened later, each the last one of a property."""

_MAIN = "accessor-host-content"

_PAGE = """<!doctype html>
<html>
<head>
<meta charset="utf-8">
{header}
<script>
(() => {
  let socket = null;
  let count = 0;
  const connect = () => {
    const scheme = location.protocol === 'https:' ? 'wss://' : 'ws://';
    socket = new WebSocket(scheme + location.host + '{socket}');
    socket.onmessage = ({ data }) => {
      const [, id, property, ...rest] = data.split('<<');
      const element = document.getElementById(id);
      const content = rest.join('<<');
      if (element === null) return;
      if (property === 'html') element.innerHTML = content;
      else if (property === 'src') element.src = content + '?count=' + count++;
      else element[property] = content;
    };
    socket.onclose = () => setTimeout(connect, 1000);
  };
  globalThis.sendMessage = (text) => socket.send(String(text));
  addEventListener('DOMContentLoaded', connect);
})();
</script>
</head>
<body><div id="{main}">{content}</div></body>
</html>
"""


def frame_of(element: str, name: str, content: str) -> str:
    """Return what tells a page of a change.

    Args:
        element: its id.
        name: of the property.
        content: its value.
    """
    return f"<<{element}<<{name}<<{content}"


class Page:
    """What is shown, and what was changed since.

    Args:
        header: HTML for the head of the page.
        content: HTML for its body.
    """

    def __init__(self, header: str, content: str) -> None:
        self.content = content
        """What is shown."""
        self._header = header
        self._updates: OrderedDict[tuple[str, str], str] = OrderedDict()

    @property
    def html(self) -> str:
        """Return the page, as a browser gets it that opens it now."""
        top, _, rest = _PAGE.partition("{header}")
        middle, _, bottom = rest.partition("{content}")
        middle = middle.replace("{socket}", SOCKET).replace("{main}", _MAIN)
        return f"{top}{self._header}{middle}{self.content}{bottom}"

    @property
    def changes(self) -> list[str]:
        """Return what a page has to be told that was opened just now."""
        updates = self._updates.items()
        return [self._display(), *(frame_of(*key, content) for key, content in updates)]

    def display(self, content: str) -> str:
        """Show something else, and return what pages are told."""
        self.content = content
        self._updates.clear()
        return self._display()

    def update(self, element: str, name: str, content: str) -> str:
        """Change an element, and return what pages are told."""
        self._updates.pop((element, name), None)
        self._updates[element, name] = content
        if len(self._updates) > MAX_UPDATES:
            self._updates.popitem(last=False)
        return frame_of(element, name, content)

    def _display(self) -> str:
        return frame_of(_MAIN, "html", self.content)
