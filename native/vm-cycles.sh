#!/usr/bin/env bash
# Runs test_cycles in a virtual machine with another kernel, for x86-64 or aarch64, by software emulation. The
# machine has no disk: its initial file system holds busybox, the program and a shell script. Fails unless all rounds have run
# and passed.
# Usage: [JAVA_HOME=...] [CFLAGS=-DSPPROF_LEAVE_OUT=5] vm-cycles.sh KERNEL BUSYBOX ARCH PROCESSORS ROUNDS CYCLES ENGINE
#   KERNEL      boot/vmlinuz-* of Debian's package linux-image-*-cloud-ARCH
#   BUSYBOX     bin/busybox of Debian's package busybox-static, of the same ARCH (amd64 or arm64)
#   ENGINE      ctimer or itimer
# Needs qemu-system-x86 or qemu-system-arm, cpio, gcc (for arm64: gcc-aarch64-linux-gnu, libc6-dev-arm64-cross).
set -euo pipefail
kernel=$1 busybox=$2 arch=$3 processors=$4 rounds=$5 cycles=$6 engine=$7
cd "$(dirname "$0")"
case $arch in
  amd64) cc=gcc console=ttyS0 machine=(qemu-system-x86_64 -machine q35 -cpu max) ;;
  arm64) cc=aarch64-linux-gnu-gcc console=ttyAMA0 machine=(qemu-system-aarch64 -machine virt,gic-version=3 -cpu neoverse-n1) ;;
  *) echo "vm-cycles.sh: ARCH is amd64 or arm64, not $arch" >&2; exit 1 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make -s OUT="$work" PLATFORM="linux-$([ "$arch" = amd64 ] && echo x86-64 || echo aarch64)" \
  CC="$cc -static -Wno-maybe-uninitialized ${CFLAGS:-}" "$work/ctest/plain/test_cycles" 2>/dev/null

mkdir -p "$work"/root/{bin,proc,sys,dev,tmp}
cp "$busybox" "$work/root/bin/busybox"
cp "$work/ctest/plain/test_cycles" "$work/root/bin"
cat >"$work/root/init" <<INIT
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs devtmpfs /dev
echo "\$(uname -r) \$(uname -m), \$(nproc) processors: $rounds times $cycles cycles, $engine"
failed=0
for round in \$(seq $rounds); do
  SPPROF_CYCLES=$cycles SPPROF_TEST="cycles_under_load_leave_no_trace [$engine]" test_cycles || failed=\$((failed + 1))
done
echo "\$failed of $rounds failed"
poweroff -f
INIT
chmod +x "$work/root/init"
(cd "$work/root" && find . | cpio -o -H newc --quiet) | gzip -1 >"$work/initrd"
"${machine[@]}" -accel tcg,thread=multi -smp "$processors" -m 768 -kernel "$kernel" -initrd "$work/initrd" \
  -append "console=$console quiet panic=-1" -display none -monitor none -serial stdio -nic none -no-reboot </dev/null |
  tee "$work/log"
grep -aq "^0 of $rounds failed" "$work/log" || { echo "vm-cycles.sh: not all of $rounds rounds passed" >&2; exit 1; }
