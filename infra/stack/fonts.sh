#!/usr/bin/env bash
# `fonts.sh FOLDER`: the fonts that documents are set in, taken out of three of Debian's packages without installing them.
# Fandol (GPL-3 with font exception): 仿宋, 黑体, 楷体, 宋体. Noto CJK (OFL-1.1): what Fandol lacks, rare characters. Noto Color Emoji (OFL-1.1).
set -euo pipefail
folder=${1:?usage: fonts.sh FOLDER}
packages=(texlive-lang-chinese fonts-noto-cjk fonts-noto-color-emoji)
wanted=(FandolFang-Regular.otf FandolHei-Regular.otf FandolKai-Regular.otf FandolSong-Regular.otf FandolSong-Bold.otf
  NotoSerifCJK-Regular.ttc NotoSansCJK-Regular.ttc NotoColorEmoji.ttf)

complete() { local each; for each in "${wanted[@]}"; do [ -s "$folder/$each" ] || return 1; done; }
complete && exit 0
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || {
  echo "没有 apt-get，无法取得文档所用的字体；请把 ${wanted[*]} 放入 $folder。" \
    "There is no apt-get to fetch the fonts of documents with; put ${wanted[*]} into $folder." >&2
  exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
download() { (cd "$work" && apt-get -qq -o DPkg::Lock::Timeout=300 -o APT::Sandbox::User=root download "${packages[@]}" >&2); }
download || { # without a list of packages, or with an old one
  if [ "$(id -u)" = 0 ]; then apt-get -qq update >&2; else sudo -n apt-get -qq update >&2; fi && download
}
mkdir -p "$folder"
for package in "$work"/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work" --wildcards '*.otf' '*.ttc' '*.ttf' '*/fandol/COPYING.gz' '*/copyright' \
    2>/dev/null || true # no package holds all of these
done
for each in "${wanted[@]}"; do
  find "$work" -name "$each" -exec cp {} "$folder/$each.part" \;
  mv "$folder/$each.part" "$folder/$each"
done
find "$work" -path '*fandol/COPYING.gz' -exec cp {} "$folder/Fandol-COPYING.gz" \;
find "$work" -path '*fonts-noto-cjk/copyright' -exec cp {} "$folder/Noto-CJK-copyright" \;
find "$work" -path '*fonts-noto-color-emoji/copyright' -exec cp {} "$folder/Noto-Color-Emoji-copyright" \;
complete
