#!/usr/bin/env bash
# Makes .venv from the hash-pinned locks: `setup.sh stack` (what the platform and the demo need) or `setup.sh dev`
# (tests and lints besides). Done once; after that it only compares a checksum.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
kind=${1:?usage: setup.sh stack|dev}
lock=requirements/$kind.lock
export PYTHONUTF8=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
umask 022 # root's PostgreSQL runs as another user, who must be able to read what is installed

say() { printf '%s\n' "$@" >&2; }

# What an environment must have been made from and for: the locks, this script, the project's metadata, its place.
wanted() { { cat "$1" requirements/uv.lock pyproject.toml infra/stack/setup.sh infra/stack/fonts.sh; pwd; } | sha256sum; }

fresh() { # the development environment holds everything of the other
  local each
  for each in "$kind" dev; do
    [ "$(cat ".venv/.made-from-$each" 2>/dev/null)" = "$(wanted "requirements/$each.lock")" ] && return 0
  done
  return 1
}

fresh && [ -x .venv/bin/laurel ] && exit 0

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else return 1; fi
}

install_package() { # Debian's package $1
  command -v apt-get >/dev/null || return 1
  say "正在安装 Debian 软件包 $1 …… Installing Debian's package $1 ..."
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 update >&2 || true
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o DPkg::Lock::Timeout=300 install "$1" >&2
}

good() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
  local name
  for name in python3.11 python3 python3.12 python3.13; do
    if command -v "$name" >/dev/null && good "$name"; then command -v "$name"; return 0; fi
  done
  return 1
}

if ! good .venv/bin/python || [ "$(cat .venv/.place 2>/dev/null || pwd)" != "$(pwd)" ]; then
  python=$(find_python) || python=$(install_package python3 && find_python) || {
    say "需要 Python 3.11、3.12 或 3.13：请安装后重试（Debian/Ubuntu：apt-get install python3 python3-venv）。" \
      "Python 3.11, 3.12 or 3.13 is needed; install it and try again (Debian/Ubuntu: apt-get install python3 python3-venv)."
    exit 1
  }
  rm -rf .venv # of another place or of a Python that is gone: its programs name paths that no longer exist
  say "建立虚拟环境 Making .venv with $("$python" --version)"
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    install_package "$version-venv" || {
      say "缺少 Python 的 venv 模块，且无法自动安装，请运行：sudo apt-get install $version-venv" \
        "Python's venv module is missing and could not be installed; run: sudo apt-get install $version-venv"
      exit 1
    }
  fi
  "$python" -m venv .venv
  pwd >.venv/.place
fi

say "安装依赖（按哈希校验） Installing what $lock pins, checked by hash"
bin=.venv/bin
"$bin/python" -m pip install -qq --require-hashes --only-binary :all: -r requirements/uv.lock
# uv reads neither pip's configuration nor, by itself, the machine's certificates: hand on what pip would use.
index=$("$bin/python" -m pip config get global.index-url 2>/dev/null || true)
[ -z "${index:-}" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
for certificates in "${PIP_CERT:-}" /etc/ssl/certs/ca-certificates.crt; do
  [ -n "${SSL_CERT_FILE:-}" ] || [ ! -f "$certificates" ] || export SSL_CERT_FILE="$certificates"
done
# Byte code now, so that the first start of the platform need not make it.
export UV_PYTHON="$PWD/$bin/python" UV_LINK_MODE="${UV_LINK_MODE:-copy}" UV_COMPILE_BYTECODE=1
"$bin/uv" pip install -q --require-hashes -r "$lock" || {
  say "uv 未能完成，改用 pip。 uv did not manage; trying pip, which is slower."
  "$bin/python" -m pip install -qq --require-hashes -r "$lock"
}
# The project itself, as it stands here, for the `laurel` command; everything it needs is there already.
# As a plain path: setuptools' own finder would cost every process of ours a little time at its start.
"$bin/python" -m pip install -qq --no-deps --no-build-isolation --no-index --config-settings editable_mode=compat -e .
"$bin/python" -m compileall -q contracts infra services
say "取得文档所用的字体（约 116 MB，取自 Debian 软件包，不安装） Fetching the fonts of documents (about 116 MB of Debian's packages, not installed)"
infra/stack/fonts.sh .venv/share/laurel/fonts || say "字体未能取得：其他功能不受影响，PDF 文档暂不可用；可稍后重试 infra/stack/fonts.sh .venv/share/laurel/fonts" \
  "The fonts could not be had: all else works, documents as PDF do not; try infra/stack/fonts.sh .venv/share/laurel/fonts again later"
if [ "$kind" = dev ] && ! command -v "${CHROMIUM:-chromium}" >/dev/null; then # the tests of pages need a browser
  { install_package chromium && install_package fonts-noto-cjk; } ||
    say "未能安装 Chromium：页面测试需要它；可自行安装浏览器并以 CHROMIUM 指明。" \
      "Chromium could not be installed; tests of pages need it. Install a browser and name it in CHROMIUM."
fi
wanted "$lock" >".venv/.made-from-$kind"
