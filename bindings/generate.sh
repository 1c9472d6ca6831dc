#!/usr/bin/env bash
# Generates the bindings under src/generated/java from the headers inside the oneDNN artifact and from the kernels'
# header. Needed only when oneDNN, jextract or an include list changes; its output is committed.
#
#   bindings/generate.sh DNNL_JAR       the Maven artifact org.bytedeco:dnnl with a platform classifier
#
# Calls the jextract on the PATH, or the one that JEXTRACT names.
set -euo pipefail
cd "$(dirname "$0")"

die() {
    echo "error: $*" >&2
    exit 1
}
pinned() {
    sed -n "s/^$1=//p" VERSIONS
}

jar=${1:?usage: bindings/generate.sh DNNL_JAR}
jextract=${JEXTRACT:-jextract}
[[ $(basename "$jar") == dnnl-"$(pinned dnnl)"-*.jar ]] || die "$jar is not dnnl $(pinned dnnl) (VERSIONS)"
command -v "$jextract" > /dev/null || die "no jextract found: put version $(pinned jextract) on the PATH or set JEXTRACT"
"$jextract" --version 2>&1 | grep -qx "jextract $(pinned jextract)" || die "jextract is not version $(pinned jextract) (VERSIONS)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unzip -q "$jar" 'org/bytedeco/dnnl/*/include/*' -d "$work"
include=$(echo "$work"/org/bytedeco/dnnl/*/include)

# Each binding is made in the work folder first, so that a failure leaves the committed files as they were.
"$jextract" --output "$work/java" --target-package dev.rondo.bindings.dnnl --header-class-name Dnnl \
    -I "$include" @includes.txt headers.h
"$jextract" --output "$work/java" --target-package dev.rondo.bindings.kernels --header-class-name Kernels \
    @kernel-includes.txt ../native/include/rondo_kernels.h
# jextract's lookup asks the class loader, but the libraries belong to none (OpenLibraries).
find "$work/java" -name '*.java' -exec sed -i -z \
    's/SymbolLookup\.loaderLookup()\n *\.or(Linker\.nativeLinker()\.defaultLookup())/dev.rondo.bindings.linking.OpenLibraries.symbols()/' {} +
rm -rf src/generated/java
mkdir -p src/generated
mv "$work/java" src/generated/java
