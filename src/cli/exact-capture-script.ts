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

# Pages for what \${1} will hold, so that writing it later takes none off the free lists: \${2} KiB.
core_room() {
	dd if=/dev/zero of="$1" bs=1024 count="$2" 2>/dev/null
}

# Compresses standard input over what \${1} holds; core_trim cuts off the rest.
core_pack() {
	{
		gzip -1 -c || return
		read -r _ end </proc/self/fdinfo/1 && echo "$end" >"$1.end"
	} 1<>"$1"
}
core_trim() {
	[ -s "$1.end" ] || return
	read -r end <"$1.end"
	dd if=/dev/null of="$1" bs=1 seek="$end" count=0 2>/dev/null
	rm -f "$1.end"
}

# Writes \${2} bytes of the kernel's memory from address ff\${1} on over the beginning of \${3}.
core_copy() {
	while read -r _ at start length; do
		into=$((0x$1 - 0x$start))
		[ "$into" -ge 0 ] && [ $((into + $2)) -le $((0x$length)) ] || continue
		at=$((0x$at + into))
		if [ -n "$by_bytes" ]; then
			dd if=/proc/kcore of="$3" bs=1048576 iflag=skip_bytes,count_bytes skip="$at" \\
				count="$2" conv=notrunc 2>/dev/null
		else
			dd if=/proc/kcore of="$3" bs=8 skip=$((at / 8)) count=$(($2 / 8)) \\
				conv=notrunc 2>/dev/null
		fi
		return
	done <"$work/loads"
	return 1
}

# The same, as a piece of the capture.
core_piece() {
	rm -f "$work/piece"
	core_copy "$1" "$2" "$work/piece" && [ "$(wc -c <"$work/piece")" -eq "$2" ] || return
	printf 'ff%s %x\\n' "$1" "$2" >>"$dir/kernel-memory.txt"
	cat "$work/piece" >>"$dir/kernel-memory"
}

# Sum of two addresses or offsets, without the first two of 16 digits.
core_sum() {
	for one in "$1" "$2"; do
		case $one in ????????????????) one=\${one#??} ;; esac
		set -- "$@" "$one"
	done
	printf '%014x' $(((0x$3 + 0x$4) & 0xffffffffffffff))
}

# What VMCOREINFO says of \${1}: a number, or an address without its ff.
info_of() {
	value=$(grep -F -- "$1=" "$dir/vmcoreinfo.txt")
	value=\${value#*=}
	case $1 in SYMBOL*) value=\${value#ff} ;; esac
	echo "$value"
}

# Address of a symbol, without its ff.
symbol_of() {
	while read -r address _ name; do
		[ "$name" = "$1" ] || continue
		echo "\${address#ff}"
		return
	done <"$dir/symbols.txt"
	return 1
}

# Types of pageblocks: how the sections of memory, with \${1} pages in all, describe them.
core_sections() {
	roots=$(info_of 'SYMBOL(mem_section)')
	section=$(info_of 'SIZE(mem_section)') bits=$(info_of 'NUMBER(SECTION_SIZE_BITS)')
	bits=\${bits:-27}
	case $roots/$section in ??????????????/[1-9]*) ;; *) return 1 ;; esac
	each=$((4096 / section)) sections=$((($1 >> (bits - 12)) + 1))
	core_piece "$roots" $(((sections / each + 1) * 8)) || return
	core_words "$work/piece" >"$work/roots"
	: >"$work/usages"
	while read -r root; do
		case $root in ff??????????????) ;; *) continue ;; esac
		core_piece "\${root#ff}" 4096 || continue
		# the second word of each section
		core_words "$work/piece" | {
			nr=0
			while read -r word; do
				nr=$((nr + 1))
				[ $((nr % (section / 8))) = 2 ] || continue
				case $word in ff??????????????) echo "\${word#ff}" ;; esac
			done
		} >>"$work/usages"
	done <"$work/roots"
	# those of boot memory follow each other
	from= end=0
	while read -r usage; do
		here=$((0x$usage))
		if [ -n "$from" ] && [ "$here" -ge $((0x$from)) ] && [ "$here" -le $((end + 128)) ]; then
			end=$((here + 96))
			continue
		fi
		[ -z "$from" ] || core_piece "$from" $((end - 0x$from))
		from=$usage end=$((here + 96))
	done <"$work/usages"
	[ -z "$from" ] || core_piece "$from" $((end - 0x$from))
}

# Free lists and counters: what describes each node. Into files that are there.
core_nodes() {
	while read -r node address; do
		core_copy "$address" "$node_size" "$work/node$node" || return
	done <"$work/nodes"
}

# Sets \${all} to what a file of /proc says. Takes no page, as a program of its own would.
all_of() {
	all=
	while IFS= read -r row; do
		all="$all$row
"
	done <"$1"
}

# Which caches of free pages and batches of pages there are for each CPU.
core_find_cpus() {
	: >"$work/per-cpu"
	offsets=$(symbol_of __per_cpu_offset) && cpus=$(symbol_of nr_cpu_ids) || return
	# a multiple of 8, as some dd need
	digit=\${cpus#?????????????}
	core_piece "\${cpus%?}$(printf '%x' $((0x$digit & 8)))" 8 || return
	cpus=$(od -An -v -td4 -j $((0x$digit & 4)) -N 4 "$work/piece")
	[ "$cpus" -gt 0 ] && [ "$cpus" -le 8192 ] || return
	core_piece "$offsets" $((cpus * 8)) || return
	core_words "$work/piece" >"$work/offsets"
	for name in cpu_fbatches lru_pvecs; do
		symbol_of "$name"
	done >"$work/places"
	while read -r node address; do
		# a cache's address follows that of the node, in each of its zones
		core_words "$work/node$node" | {
			last=
			while read -r word; do
				[ "$last" != "ff$address" ] || [ "$word" = 0000000000000000 ] || echo "\${word#ff}"
				last=$word
			done
		}
	done <"$work/nodes" >>"$work/places"
	while read -r offset; do
		case $offset in ff??????????????) ;; *) continue ;; esac
		while read -r place; do
			core_sum "$place" "$offset"
			echo
		done <"$work/places"
	done <"$work/offsets" | sort -u >"$work/per-cpu"
}

core_cpus() {
	while read -r place; do
		core_piece "$place" 320
	done <"$work/per-cpu"
}

# Which nodes there are, and where each is described.
core_find_nodes() {
	: >"$work/nodes"
	node_size=$(info_of 'SIZE(pglist_data)')
	case $node_size in [1-9]*) ;; *) return 1 ;; esac
	list=$(info_of 'SYMBOL(node_data)')
	only=$(info_of 'SYMBOL(contig_page_data)')
	if [ -n "$only" ]; then
		echo "0 $only" >"$work/nodes"
	else
		[ -n "$list" ] || return
		for node in /sys/devices/system/node/node[0-9]*; do
			node=\${node##*/node}
			core_piece "$(core_sum "$list" "$(printf '%x' $((node * 8)))")" 8 || return
			core_words "$work/piece" | {
				read -r word
				case $word in ff??????????????) echo "$node \${word#ff}" ;; esac
			} >>"$work/nodes"
		done
	fi
	while read -r node _; do
		core_room "$work/node$node" $((node_size / 1024 + 1))
		dd if=/dev/null of="$work/node$node" bs=1 seek="$node_size" count=0 2>/dev/null
	done <"$work/nodes"
	[ -s "$work/nodes" ]
}

# Says why free lists will be built by a convention.
no_lists() {
	say "going on without free lists and caches: $*"
	rm -f "$dir/kernel-memory" "$dir/kernel-memory.txt" "$dir/symbols.txt"
}

# Before the struct pages: what does not change, and room for what does.
exact_lists_begin() {
	by_bytes=
	dd if=/dev/null of=/dev/null iflag=skip_bytes,count_bytes 2>/dev/null && by_bytes=1
	grep -E ' (__per_cpu_offset|nr_cpu_ids|lru_pvecs|cpu_fbatches)$' /proc/kallsyms \\
		>"$dir/symbols.txt" 2>/dev/null
	core_find_nodes && core_nodes || {
		no_lists "/proc/kcore does not show the kernel's nodes"
		return
	}
	core_find_cpus || say "cannot read the caches of CPUs; left out"
	core_sections "$1" || say "cannot read the types of pageblocks; left out"
}

# After them, as close as can be to what /proc says of the same lists.
exact_lists() {
	[ -e "$dir/kernel-memory.txt" ] || return 0
	for _ in 1 2 3 4 5 6 7 8; do
		all_of /proc/buddyinfo
		before=$all
		core_nodes
		all_of /proc/buddyinfo
		[ "$all" = "$before" ] || continue
		all_of /proc/pagetypeinfo
		types=$all
		all_of /proc/buddyinfo
		[ "$all" = "$before" ] || continue
		printf %s "$before" >"$dir/buddyinfo.txt"
		printf %s "$types" >"$dir/pagetypeinfo.txt"
		break
	done
	core_cpus
}

# When nothing else is to be read.
exact_finish() {
	core_trim "$dir/struct-pages.gz"
	[ -e "$dir/kernel-memory.txt" ] || return 0
	while read -r node address; do
		printf 'ff%s %x\\n' "$address" "$node_size" >>"$dir/kernel-memory.txt"
		cat "$work/node$node" >>"$dir/kernel-memory"
	done <"$work/nodes"
	gzip -1 "$dir/kernel-memory" || die "cannot compress the kernel's memory: is $work full?"
}

# Says why there is no exact capture, and leaves out what there is of it.
not_exact() {
	say "not an exact capture: $*; going on without the kernel's struct pages"
	rm -f "$dir/vmcoreinfo.txt" "$dir/btf.gz" "$dir/struct-pages.gz" "$dir/struct-pages.txt" \\
		"$dir/kernel-memory" "$dir/kernel-memory.txt" "$dir/symbols.txt"
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
	base=$(info_of 'SYMBOL(vmemmap)') struct=$(info_of 'SIZE(page)') bytes=0 pages=0
	case $struct in [1-9]*) ;; *) struct=64 ;; esac
	while read -r _ _ address size; do
		[ $((0x$address)) -gt "$behind" ] && [ $((0x$address)) -lt $((0xfffe0000000000)) ] || continue
		: "\${base:=$address}"
		bytes=$((bytes + 0x$size)) pages=$(((0x$address + 0x$size - 0x$base) / struct))
	done <"$work/loads"
	exact_lists_begin "$pages"
	say "reading struct pages from /proc/kcore"
	# they compress to a twentieth
	core_room "$dir/struct-pages.gz" $((bytes / 16384 + 64))
	core_pages "$behind" <"$work/loads" | core_pack "$dir/struct-pages.gz" ||
		die "cannot compress the struct pages: is $work full?"
	if [ ! -s "$dir/struct-pages.txt" ]; then
		not_exact "/proc/kcore has no struct pages"
	elif [ -e "$work/no-struct-pages" ]; then
		not_exact "cannot read the struct pages in /proc/kcore"
	else
		exact_lists
	fi
}

`;
