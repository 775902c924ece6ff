// Sets up a checkout: Node modules, C programs and Debian packages. Runs on the Node that the machine has (20 or later).
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { isThere, NEEDS_OF_TEST_HOST, noTestHost } from './test-host.mjs';

const ROOT = join(import.meta.dirname, '..');
const LOOP = '/dev/loop-control';
const isRoot = process.getuid?.() === 0;

/** What a program is good for, and the Debian package that brings it. */
const NEEDS = {
  build: [
    { program: 'gcc', package: 'gcc', why: 'compiles the executor' },
    { program: 'make', package: 'make', why: 'compiles the executor' },
    { file: '/usr/include/linux/bpf.h', package: 'linux-libc-dev', why: 'kernel headers' },
    { file: '/usr/include/stdio.h', package: 'libc6-dev', why: 'C library headers' },
  ],
  guests: [
    { program: 'lxc-start', package: 'lxc', why: 'runs the guest' },
    { file: '/usr/share/lxc/config/common.conf', package: 'lxc', why: "the guest's device policy" },
    { file: '/bin/busybox', package: 'busybox-static', why: "the guest's programs" },
    { program: 'udevadm', package: 'udev', why: 'udevd, which names devices' },
    { program: 'ip', package: 'iproute2', why: 'network namespaces' },
    { program: 'unshare', package: 'util-linux', why: 'namespaces' },
    { program: 'losetup', package: 'mount', why: 'devices that come and go' },
    ...(existsSync(LOOP) ? [] : [{ program: 'modprobe', package: 'kmod', why: "the kernel's loop devices" }]),
  ],
};

const purpose = process.argv[2] ?? 'start';
if (!installPackages([...NEEDS.build, ...NEEDS.guests])) fail('without these packages nothing can be built or shown');
// The tests say themselves when there is no test host.
if (purpose === 'test' || purpose === 'vm') installPackages(NEEDS_OF_TEST_HOST);
const lack = purpose === 'vm' ? noTestHost() : undefined;
if (lack !== undefined) fail(`no test host: ${lack}`);
loadLoop();
if (purpose === 'test') fetchPackages();
installModules();
buildPrograms();

/** Whether everything is there that was not refused for want of root. */
function installPackages(needs) {
  const missing = needs.filter((need) => !isThere(need));
  if (missing.length === 0) return true;
  const packages = [...new Set(missing.map((need) => need.package))];
  say(`Debian packages needed: ${missing.map((need) => `${need.package} (${need.why})`).join(', ')}`);
  if (!isRoot) {
    say(`Installing them needs root: apt-get install ${packages.join(' ')}`);
    if (missing.some((need) => NEEDS.build.includes(need))) fail('without them the C programs cannot be built');
    return true;
  }
  say(`Installing: ${packages.join(' ')}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...words) => spawnSync('apt-get', words, { stdio: ['ignore', 2, 2], env: environment }).status === 0;
  return apt('update', '-qq') && apt('install', '-y', '-qq', '--no-install-recommends', ...packages);
}

// While there is a network: the tests run without one, and say themselves what they lack.
function fetchPackages() {
  const lists = ['test/kernel/real-inits.json', 'test/scenarios/postgres-packages.json'];
  const listed = lists.flatMap((path) => Object.values(JSON.parse(readFileSync(join(ROOT, path), 'utf8'))).flat());
  const shell = ['fish', 'fish-common', 'libpcre2-32-0'];
  const names = ['prometheus', 'prometheus-alertmanager', ...shell, ...listed];
  for (const name of new Set(names)) {
    const words = [join(ROOT, 'scripts/debian-package.sh'), name];
    const { status } = spawnSync('sh', words, { stdio: ['ignore', 'ignore', 2], timeout: 300_000 });
    if (status !== 0) say(`no ${name}: the tests with a real one are left out`);
  }
}

// What is shown and tested with loop devices says itself when there are none.
function loadLoop() {
  if (existsSync(LOOP) || !isRoot) return;
  const { status } = spawnSync('modprobe', ['loop'], { stdio: 'ignore' });
  if (status !== 0 || !existsSync(LOOP))
    say(`${LOOP} is missing and modprobe loop does not bring it: no real devices here`);
}

// The stamp is the lock file as it was installed: a changed lock installs again, the same one costs nothing.
function installModules() {
  const stamp = join(ROOT, 'node_modules/.hostler-lock');
  const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  mustBeWritable(ROOT, join(ROOT, 'node_modules'));
  say('Installing Node modules (Node 24 among them)');
  // Not `npm ci`: it refuses a lock whose optional packages for other platforms the registry at hand does not have.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, lock);
}

function buildPrograms() {
  const first = !existsSync(join(ROOT, 'native/build/hostler-executor'));
  const targets = purpose === 'test' ? ['all', 'asan', 'fixtures'] : ['all'];
  const words = ['--silent', '-C', join(ROOT, 'native'), ...targets];
  if (spawnSync('make', ['--question', ...words]).status === 0) return;
  mustBeWritable(join(ROOT, 'native'), join(ROOT, 'native/build'));
  if (first) say('Compiling the C programs');
  run('make', words);
}

// npm and make would say the same in a page of their own errors. A checkout that is set up serves everybody.
function mustBeWritable(...paths) {
  const foreign = paths.find((path) => existsSync(path) && !isWritable(path));
  if (foreign !== undefined)
    fail(`${foreign} cannot be written by you; work on a checkout of your own, or as its owner`);
}

function isWritable(path) {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function run(command, words, options = {}) {
  const { status, error } = spawnSync(command, words, { cwd: ROOT, stdio: ['ignore', 2, 2], ...options });
  if (error !== undefined) fail(`${command}: ${error.message}`);
  if (status !== 0) fail(`${command} ${words.join(' ')} ended with ${status}`);
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
