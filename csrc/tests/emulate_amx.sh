#!/bin/sh
# Run the native tests on an emulated CPU with AMX: a small Linux in Bochs (sapphire_rapids). About
# a minute. It tells what the tile instructions compute, nothing of their speed.
#
# BOCHS     the emulator, 3.0, configured --with-nogui --enable-cpu-level=6 --enable-x86-64
#           --enable-avx --enable-evex --enable-amx, and corrected: it multiplies signed bytes as
#           unsigned ones, so that amx is, rightly, not offered there. In cpu/avx/amx.cc they must
#           be Bit8s: both sides of DPBDSS, xbyte of DPBDSU, ybyte of DPBDUS.
# BXSHARE   its folder of BIOS-bochs-latest and VGABIOS-lgpl-latest (Debian: bochsbios vgabios)
# KERNEL    a Linux for x86-64, 6.15 or newer (the vmlinuz of Debian's linux-binary-*-cloud-amd64)
set -eu
cd "$(dirname "$0")/../.."
: "${BOCHS:=bochs}" "${BXSHARE:=/usr/share/bochs}" "${KERNEL:=/boot/vmlinuz-$(uname -r)}"
for tool in cmake cc cpio grub-mkrescue xorriso mformat "$BOCHS"; do
    command -v "$tool" >/dev/null || { echo "make amx needs $tool" >&2; exit 1; }
done
vga=$BXSHARE/VGABIOS-lgpl-latest
[ -e "$vga" ] || vga=$vga.bin
for file in "$KERNEL" "$BXSHARE/BIOS-bochs-latest" "$vga" /usr/lib/grub/i386-pc; do
    [ -e "$file" ] || { echo "make amx needs $file (see $0)" >&2; exit 1; }
done

folder=build/amx
cmake -S . -B $folder -DIIQ_PYTHON=OFF -DIIQ_NATIVE_TESTS=ON \
    -DCMAKE_EXE_LINKER_FLAGS=-static >/dev/null
cmake --build $folder -j 2 --target iiq_tests >/dev/null

rm -rf $folder/disc $folder/serial
mkdir -p $folder/disc/boot/grub
cc -O1 -static -o $folder/init csrc/tests/emulate_amx_init.c
(cd $folder && printf 'init\niiq_tests\n' | cpio --quiet -o -H newc) >$folder/disc/boot/initrd
cp "$KERNEL" $folder/disc/boot/vmlinuz
# Bochs has no XFD, without which Linux gives no tiles: 324 is X86_FEATURE_XFD, and msrs its two
# registers. Nothing saves the tiles when tasks change, so emulate_amx_init.c sees that none does.
cat >$folder/disc/boot/grub/grub.cfg <<END
linux /boot/vmlinuz console=ttyS0 loglevel=2 panic=-1 reboot=t no5lvl setcpuid=324 rdinit=/init
initrd /boot/initrd
boot
END
grub-mkrescue -o $folder/disc.iso $folder/disc >$folder/disc.log 2>&1 ||
    { cat $folder/disc.log; exit 1; }
for register in 0x1c4 0x1c5; do
    echo "$register 0 00000000 00000000 00000000 00000000 00000000 00000000"
done >$folder/msrs
cat >$folder/bochsrc <<END
display_library: nogui
romimage: file=$BXSHARE/BIOS-bochs-latest
vgaromimage: file=$vga
cpu: model=sapphire_rapids, ips=50000000, reset_on_triple_fault=0, msrs=$folder/msrs
megs: 512
ata0-master: type=cdrom, path=$folder/disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$folder/serial
log: $folder/bochs.log
panic: action=fatal
END

# The restart at the end is a triple fault, which Bochs takes for a failure: its status says nothing.
timeout 1800 "$BOCHS" -q -f $folder/bochsrc </dev/null >$folder/console.log 2>&1 || true
[ -s $folder/serial ] || { tail -20 $folder/console.log; exit 1; }
tr -d '\r' <$folder/serial >$folder/serial.log
grep -q '^tests ended with 0$' $folder/serial.log || { cat $folder/serial.log; exit 1; }
grep '^kernel sets: ' $folder/serial.log
grep 'passed, ' $folder/serial.log
grep -q '^kernel sets: amx avx512 avx2 scalar$' $folder/serial.log ||
    { echo "amx was not offered: see BOCHS in $0" >&2; exit 1; }
