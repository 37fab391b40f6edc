import { spawnSync } from 'node:child_process'
import type { Test } from 'tap'
import { type StartedProcess, startProcess } from '../helpers/processes.js'

/** Every mounted file system read-only, in a namespace of its own; then the program, as the image's user. */
const CONTAIN = `
  mount --make-rprivate /
  awk '{ print $2 }' /proc/mounts | grep -vE '^/(proc|sys|dev)(/|$)' | while read -r path; do
    mount -o remount,bind,ro "$path"
  done
  exec setpriv --reuid 1000 --regid 1000 --clear-groups -- "$@"`

/** What a container runtime would do for the image, where this machine lets us: root in a namespace of mounts. */
export function canContain(): boolean {
  return process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0
}

/** Starts a program with read-only file systems, as user 1000, and with nothing but this environment. */
export function startContained(
  t: Test,
  command: readonly string[],
  env: Record<string, string>,
  cwd: string,
): StartedProcess {
  const args = ['--mount', 'sh', '-euc', CONTAIN, 'sh', ...command]
  return startProcess(t, 'env', ['-C', cwd, 'unshare', ...args], { PATH: process.env.PATH, ...env })
}
