#!/bin/sh
# Two minutes with the example vault: every command below is what a person would type.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
export VAULT_NOTES_HOME="$work/home" VAULT_NOTES_TODAY=2026-11-22 VAULT_NOTES_USER=li.na
cd "$work"

say() { printf '\n\033[1m# %s\033[0m\n' "$1"; }
run() {
    printf '\033[32m$ %s\033[0m\n' "$*"
    status=0
    "$@" || status=$?
}
must() { # the command's status is part of what the demonstration promises
    wanted=$1
    shift
    run "$@"
    [ "$status" = "$wanted" ] || { echo "demo: expected exit status $wanted, got $status" >&2; exit 1; }
}

say "A vault of made-up customers / 一个全是虚构客户的库"
must 0 vault init vault --example
cd vault

say "Find every entry about the enterprise edition, in any file, ranked / 找出所有提到企业版的记录"
must 0 vault search 企业版 --limit 4

say "Only quotes, since summer, by field / 按字段筛选：今夏以来的报价"
must 0 vault search 报价 kind:quote 'date:>=2026-06' --limit 3

say "What one reads before a visit: pinyin is enough / 拜访前看一页，拼音即可"
must 0 vault show lanhai

say "The ten-second capture / 十秒记一笔"
must 0 vault log lanhai '确认预算 **80万**，等新报价' -c 电话 --next '周五 发新报价'
must 0 vault search '确认预算' --limit 1

say "Somebody pastes old notes and types a full-width colon / 有人粘贴了旧记录，还用了全角冒号"
note=customers/王五.md
cp "$note" "$work/before.md"
sed -i.bak 's/^重要程度: /重要程度：/' "$note" && rm -f "$note.bak"
printf '\n2023年1月15日 – 咨询新产品B，想要**定制功能**\n' >> "$note"
cp "$note" "$work/pasted.md"
must 1 vault lint "$note"

say "Safe fixes, spliced in: look at the difference / 安全修复，只改该改的字节"
must 0 vault lint "$note" --fix
diff "$work/pasted.md" "$note" || true

say "Take it back: the very bytes / 撤销，逐字节还原"
must 0 vault undo
cmp "$note" "$work/pasted.md" && echo "identical to what was pasted / 与粘贴后完全一致"
cp "$work/before.md" "$note"

say "Somebody writes down a number; sealed, no file holds it any more / 有人记下手机号；封存之后，文件里再没有它"
awk '{ print } /^类型:/ { print "手机: 13900004321" }' "$work/before.md" > "$note"
must 0 vault seal
grep '^手机' "$note"
must 1 grep -r 13900004321 .
say "Who has a key reads it / 有钥匙的人照常能看"
vault show 王五 --reveal 手机 | grep 13900004321
must 0 vault verify
cp "$work/before.md" "$note"

say "The whole vault is clean again / 全库检查通过"
must 0 vault lint
must 0 vault list stage:won --limit 5
