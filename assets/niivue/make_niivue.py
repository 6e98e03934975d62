"""Packs NiiVue's script for the interactive viewer: niivue.umd.js.gz, from the package of the npm registry.

Needs Python 3 and the network for one file; or give the package's .tgz: python3 make_niivue.py niivue-niivue-0.69.0.tgz
The same package gives the same bytes with the same zlib.
"""

import base64
import hashlib
import io
import pathlib
import sys
import tarfile
import urllib.request
import zlib

URL = "https://registry.npmjs.org/@niivue/niivue/-/niivue-0.69.0.tgz"
# What the registry says of the package (`npm view @niivue/niivue@0.69.0 dist`).
SHA512 = "YMjQvJgD1W2b7DuoxkwlC4VxbrgIePRJ5qyQzXKxi2v2MBVg285P/CIQyg46oDDGDIcaNlbd+MhtO/edMbXJkA=="
SHA1 = "c097825978aadaf498e9aab9d1f92ebf552eaf37"
HERE = pathlib.Path(__file__).resolve().parent


def main():
    package = pathlib.Path(sys.argv[1]).read_bytes() if len(sys.argv) > 1 else urllib.request.urlopen(URL).read()
    found = base64.b64encode(hashlib.sha512(package).digest()).decode(), hashlib.sha1(package).hexdigest()
    if found != (SHA512, SHA1):
        sys.exit(f"this is not the package: sha512 {found[0]}, sha1 {found[1]}")
    with tarfile.open(fileobj=io.BytesIO(package)) as tar:
        script = tar.extractfile("package/dist/niivue.umd.js").read()
    packer = zlib.compressobj(9, zlib.DEFLATED, 31, 8)
    packed = packer.compress(script) + packer.flush()
    (HERE / "niivue.umd.js.gz").write_bytes(packed)
    print(f"{len(script)} bytes packed to {len(packed)}")


if __name__ == "__main__":
    main()
