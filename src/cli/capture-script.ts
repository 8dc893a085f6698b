import type { Command } from "commander";

import { exactCaptureFunctions } from "./exact-capture-script.js";
import { print } from "./output.js";

/** What an exact capture contains besides, up to the end of the sentence. */
const EXACT_CONTENTS = `, the kernel command line and, from /proc/kcore, the kernel's struct pages and
# VMCOREINFO, with addresses of the kernel`;

function scriptOf(isExact: boolean): string {
  return `#!/bin/sh
# Captures the memory state of a Linux guest for virtio-mem-engine.
#
#   sh capture.sh [OUTPUT]    as root, in the guest
#
# OUTPUT is virtio-mem-capture-HOST.tar.gz in the current folder, or "-" for standard output.
# Reads /proc and /sys only. Contains no page contents and no process names; it does contain the
# host name${isExact ? EXACT_CONTENTS : " and the kernel command line"}.

set -u
umask 077
PATH=$PATH:/usr/sbin:/sbin:/usr/bin:/bin

say() {
	echo "virtio-mem-capture: $*" >&2
}

die() {
	say "$*"
	exit 1
}

[ "$(id -u)" = 0 ] || die "must run as root"
[ -r /proc/kpageflags ] ||
	die "/proc/kpageflags is not there: the kernel needs CONFIG_PROC_PAGE_MONITOR, and containers hide it"
grep -q ': virtio[0-9]*$' /proc/iomem ||
	die "/proc/iomem has no virtio-mem region: is the virtio_mem driver loaded?"

output=\${1:-virtio-mem-capture-$(uname -n).tar.gz}
work=$(mktemp -d "\${TMPDIR:-/tmp}/virtio-mem-capture.XXXXXX") || die "cannot make a temporary folder"
partial=
cleanup() {
	rm -rf "$work"
	[ ! -f "$partial" ] || rm -f "$partial"
}
trap cleanup EXIT
trap 'exit 1' HUP INT TERM
dir=$work/capture
mkdir "$dir" || die "cannot write to $work"

# Copies a file of /proc; the model can do without the ones marked optional.
copy() {
	cat "$1" >"$dir/$2" 2>/dev/null && return
	rm -f "$dir/$2"
	[ "\${3:-}" = optional ] || die "cannot read $1"
	say "cannot read $1; left out"
}

# Streams one u64 per page through gzip.
page_words() {
	say "reading /proc/$1"
	{
		dd if="/proc/$1" bs=262144 2>/dev/null || : >"$work/failed"
	} | gzip -1 -c >"$dir/$1.gz" || die "cannot compress /proc/$1: is $work full?"
	[ ! -e "$work/failed" ] || die "cannot read /proc/$1"
}

kernel_log() {
	dmesg 2>/dev/null | grep 'virtio_mem ' >"$dir/dmesg-virtio_mem.txt"
	grep -q 'region size' "$dir/dmesg-virtio_mem.txt" && return
	# The log is a ring; a journal may still have its beginning.
	command -v journalctl >/dev/null 2>&1 || return
	journalctl -k -b --no-pager -o short-monotonic 2>/dev/null |
		grep 'virtio_mem ' >"$dir/dmesg-virtio_mem.txt"
}

# One line per file of /sys. Only builtins: a large guest has a hundred thousand of them.
module_parameters() {
	for file in /sys/module/virtio_mem/parameters/* /sys/module/memory_hotplug/parameters/*; do
		[ -r "$file" ] || continue
		value=
		read -r value <"$file" || [ -n "$value" ] || continue
		echo "$file:$value"
	done
}

memory_settings() {
	for name in block_size_bytes auto_online_blocks; do
		value=
		read -r value <"/sys/devices/system/memory/$name" || continue
		echo "$name $value"
	done
}

memory_blocks() {
	for block in /sys/devices/system/memory/memory[0-9]*; do
		index= state= zones= node=
		read -r index <"$block/phys_index" || continue
		read -r state <"$block/state" || continue
		read -r zones <"$block/valid_zones" || zones=
		for link in "$block"/node[0-9]*; do
			[ -e "$link" ] && node=" node=\${link##*/node}"
		done
		echo "\${block##*/} phys_index=$index state=$state valid_zones=$zones$node"
	done
}

${isExact ? exactCaptureFunctions : ""}say "reading /proc and /sys"
copy /proc/cmdline cmdline.txt
uname -a >"$dir/uname.txt"
kernel_log
module_parameters >"$dir/module-parameters.txt" 2>/dev/null
memory_settings >"$dir/memory-settings.txt" 2>/dev/null
copy /proc/slabinfo slabinfo.txt optional
if [ -r /proc/kpagecount ]; then page_words kpagecount; fi
memory_blocks >"$dir/memory-blocks.txt" 2>/dev/null
copy /proc/iomem iomem.txt
${isExact ? "exact_capture\n" : ""}copy /proc/meminfo meminfo.txt optional
copy /proc/swaps swaps.txt optional
copy /proc/vmstat vmstat.txt optional
[ -s "$dir/buddyinfo.txt" ] || copy /proc/buddyinfo buddyinfo.txt optional
[ -s "$dir/pagetypeinfo.txt" ] || copy /proc/pagetypeinfo pagetypeinfo.txt optional
copy /proc/zoneinfo zoneinfo.txt
page_words kpageflags
${isExact ? "exact_finish\n" : ""}
say "packing"
pack() {
	{
		tar -C "$work" -cf - capture || : >"$work/failed"
	} | gzip -c
}
if [ "$output" = - ]; then
	pack || die "cannot write to standard output"
else
	partial=$output
	pack >"$output" || die "cannot write $output"
fi
[ ! -e "$work/failed" ] || die "cannot pack $dir"
partial=
[ "$output" = - ] || say "wrote $output"
`;
}

/**
 * The shell script that makes a capture inside a guest.
 *
 * POSIX sh and the commands of busybox are enough. It changes nothing in the guest but its output
 * file and a temporary folder, and keeps no page data in memory. The page flags are read last, as
 * soon as the other files are there, so that all of them speak of the same moment.
 */
export const captureScript = scriptOf(false);

/**
 * {@link captureScript} with the reference counts of all pages. They take the longest and come
 * before all that is read at one go, so that the other files still speak of the same moment.
 */
export const exactCaptureScript = scriptOf(true);

/** Adds the command that prints {@link captureScript}. */
export function registerCaptureScript(program: Command): void {
  program
    .command("capture-script")
    .description(
      "print a shell script that captures a guest's memory state, to be run in the guest",
    )
    .option(
      "--exact",
      "also take the kernel's struct pages from /proc/kcore, which tell what holds each page",
    )
    .action(({ exact = false }: { readonly exact?: boolean }) => {
      print(exact ? exactCaptureScript : captureScript);
    });
}
