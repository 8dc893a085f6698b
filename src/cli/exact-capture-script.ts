/**
 * What `capture-script --exact` adds to the script: the kernel's own struct pages, which tell
 * reference counts.
 *
 * /proc/kcore is an ELF core of the running kernel: its program headers say where in the file which
 * addresses lie, and a note, VMCOREINFO, says how the kernel was laid out. Addresses of the kernel
 * begin with ff; without these two digits arithmetic of the shell, which is signed, holds them.
 */
export const exactCaptureFunctions = `# Numbers of 8 bytes as the kernel has them in /proc/kcore, one a line in hexadecimal.
core_words() {
	od -An -v -tx8 "$1" | tr -s ' ' '\\n' | grep .
}

# The program headers of /proc/kcore that \${1} begins with: TYPE OFFSET ADDRESS SIZE a line.
core_headers() {
	core_words "$1" | {
		read -r magic && read -r _ && read -r _ && read -r _ && read -r start && read -r _ &&
			read -r sizes && read -r count || return
		case $magic in *464c457f) ;; *) return ;; esac
		# program headers of 56 bytes right behind the header's 64
		case $start/$sizes in 0000000000000040/0038*) ;; *) return ;; esac
		left=$((0x\${count#????????????}))
		while [ "$left" -gt 0 ]; do
			read -r type && read -r offset && read -r address && read -r _ && read -r size &&
				read -r _ && read -r _ || return
			echo "\${type#????????} $offset \${address#ff} $size"
			left=$((left - 1))
		done
	}
}

# The note VMCOREINFO among the notes in \${1}, which begin at byte \${2} and end before byte \${3}.
core_info() {
	at=$2
	while [ "$at" -lt "$3" ]; do
		set -- "$1" "$2" "$3" $(dd if="$1" bs=1 skip="$at" count=8 2>/dev/null | od -An -v -tx4)
		[ $# = 5 ] || return
		name=$((0x$4)) size=$((0x$5))
		at=$((at + 12))
		if [ "$name" = 11 ] &&
			[ "$(dd if="$1" bs=1 skip="$at" count=10 2>/dev/null)" = VMCOREINFO ]; then
			tail -c +$((at + 13)) "$1" | head -c "$size"
			return
		fi
		at=$((at + (name + 3) / 4 * 4 + (size + 3) / 4 * 4))
		set -- "$1" "$2" "$3"
	done
}

# Writes the struct pages that the headers on standard input name, and which those are. They lie
# behind the area of vmalloc, which is the largest, and below the kernel's text.
core_pages() {
	while read -r _ offset address size; do
		[ $((0x$address)) -gt "$1" ] && [ $((0x$address)) -lt $((0xfffe0000000000)) ] || continue
		echo "ff$address $size" >>"$dir/struct-pages.txt"
		block=4096 offset=$((0x$offset)) size=$((0x$size))
		while [ "$block" -lt 262144 ] &&
			[ $((offset % (block * 2))) = 0 ] && [ $((size % (block * 2))) = 0 ]; do
			block=$((block * 2))
		done
		dd if=/proc/kcore bs="$block" skip=$((offset / block)) count=$((size / block)) \\
			2>/dev/null || : >"$work/no-struct-pages"
	done
}

# Says why there is no exact capture, and leaves out what there is of it.
not_exact() {
	say "not an exact capture: $*; going on without the kernel's struct pages"
	rm -f "$dir/vmcoreinfo.txt" "$dir/btf.gz" "$dir/struct-pages.gz" "$dir/struct-pages.txt"
}

# Reference counts of all pages: struct pages, their layout (VMCOREINFO, BTF). No page contents.
exact_capture() {
	core=$work/kcore
	dd if=/proc/kcore bs=4096 count=1 of="$core" 2>/dev/null && [ -s "$core" ] || {
		not_exact "cannot read /proc/kcore (locked down, or no CONFIG_PROC_KCORE)"
		return
	}
	# the notes end after the program headers; a second look has all of both
	notes=$(core_headers "$core" | grep '^00000004 ') || {
		not_exact "/proc/kcore has no notes"
		return
	}
	set -- $notes
	start=$((0x$2)) end=$((0x$2 + 0x$4))
	dd if=/proc/kcore bs=4096 count=$(((end + 4095) / 4096)) of="$core" 2>/dev/null
	core_info "$core" "$start" "$end" >"$dir/vmcoreinfo.txt"
	[ -s "$dir/vmcoreinfo.txt" ] || {
		not_exact "/proc/kcore has no VMCOREINFO"
		return
	}
	if [ -r /sys/kernel/btf/vmlinux ]; then
		gzip -1 -c </sys/kernel/btf/vmlinux >"$dir/btf.gz" || rm -f "$dir/btf.gz"
	fi
	core_headers "$core" | grep '^00000001 ' >"$work/loads"
	largest=0 behind=0
	while read -r _ _ address size; do
		[ $((0x$size)) -gt "$largest" ] || continue
		largest=$((0x$size)) behind=$((0x$address + 0x$size - 1))
	done <"$work/loads"
	say "reading struct pages from /proc/kcore"
	core_pages "$behind" <"$work/loads" | gzip -1 -c >"$dir/struct-pages.gz" ||
		die "cannot compress the struct pages: is $work full?"
	if [ ! -s "$dir/struct-pages.txt" ]; then
		not_exact "/proc/kcore has no struct pages"
	elif [ -e "$work/no-struct-pages" ]; then
		not_exact "cannot read the struct pages in /proc/kcore"
	fi
}

`;
