#!/usr/bin/env bash
# Start Podman and a Docker Engine of this directory's own, on Debian as root, without systemd or a registry.
# usage: container_engines.sh DIR; then: source DIR/env. Stop with: kill $(cat DIR/docker.pid)
set -euo pipefail
directory=$(realpath -m "$1")
mkdir -p "$directory/deb"
apt="apt-get -qq -o DPkg::Lock::Timeout=300"
if ! command -v podman >/dev/null || ! command -v busybox >/dev/null; then
    $apt update >/dev/null
    DEBIAN_FRONTEND=noninteractive $apt install --yes --no-install-recommends \
        podman runc buildah containernetworking-plugins netavark aardvark-dns catatonit busybox-static >/dev/null
fi
# Without CAP_SYS_RESOURCE limits cannot be raised, so both engines get limits that exist.
cat >"$directory/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
CONF
cat >"$directory/env" <<ENV
export CONTAINERS_CONF="$directory/containers.conf" DOCKER_HOST="unix://$directory/docker.sock" DOCKER_BUILDKIT=0
export PATH="\$PATH:$directory/docker/usr/bin:$directory/docker/usr/sbin"
ENV
# shellcheck disable=SC1091
source "$directory/env"
if ! docker version >/dev/null 2>&1; then
    # Unpacked, not installed: no service starts, and the machine's own Docker stays as it is.
    if [ ! -x "$directory/docker/usr/sbin/dockerd" ]; then
        (cd "$directory/deb" && $apt download docker.io containerd >/dev/null 2>&1 &&
            for package in *.deb; do dpkg -x "$package" "$directory/docker"; done)
    fi
    PATH="$directory/docker/usr/bin:$directory/docker/usr/sbin:$PATH" nohup "$directory/docker/usr/sbin/dockerd" \
        -H "unix://$directory/docker.sock" --data-root "$directory/data" --exec-root "$directory/exec" \
        -p "$directory/docker.pid" --bridge=none --iptables=false \
        --default-ulimit nofile=1024:4096 --default-ulimit nproc=1024:4096 >"$directory/dockerd.log" 2>&1 &
    for _ in $(seq 60); do
        docker version >/dev/null 2>&1 && break
        sleep 0.5
    done
fi
docker version --format 'docker {{.Server.Version}}'
podman version --format 'podman {{.Client.Version}}'
