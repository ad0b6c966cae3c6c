# Sourced by the other scripts: sets $python to a Python 3.11 or newer.
python=
for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "plangate: Python 3.11 or newer is needed, and none is on the PATH." >&2
    exit 1
fi
