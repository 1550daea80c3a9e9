"""Every icon that a template or a script names is in the sprite."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KNOWN = set((ROOT / "scripts" / "icons.txt").read_text().split())
_NAMED = re.compile(
    r"""(?<![\w.])icon\("([a-z0-9-]+)"|icon_name="([a-z0-9-]+)\"|(?:notice|empty)\((?:"\w+", )?"([a-z0-9-]+)\""""
)
FILES = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/js/**/*.js")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_it_is_in_the_sprite(path):
    named = {name for match in _NAMED.findall(path.read_text(encoding="utf-8")) for name in match if name}
    assert named <= KNOWN
