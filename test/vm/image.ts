import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const RECIPE = join(import.meta.dirname, 'recipe');

/** Where images are kept, outside the checkout. */
export const VM_CACHE = process.env.HOSTLER_VM_CACHE ?? join(homedir(), '.cache/hostler-vm');

const UNUSED_MS = 7 * 24 * 3_600_000;

/** The folder of the test host's image, built from Debian's packages when the recipe is new; throws when it cannot be. */
export function vmImage(): string {
  const image = join(VM_CACHE, recipeKey());
  if (existsSync(image)) return inUse(image);
  mkdirSync(VM_CACHE, { recursive: true });
  // Two that start at once wait for one image.
  const build = `[ -e "$1" ] || { rm -rf "$1.new"; "$2/build.sh" "$1.new" && mv "$1.new" "$1"; }`;
  const words = [join(VM_CACHE, 'lock'), 'sh', '-c', build, 'sh', image, RECIPE];
  const { status, error } = spawnSync('flock', words, { stdio: ['ignore', 2, 2] });
  if (status !== 0)
    throw new Error("the test host's image could not be built; what failed is said above", { cause: error });
  forgetUnused();
  return inUse(image);
}

function inUse(image: string): string {
  utimesSync(image, new Date(), new Date());
  return image;
}

function recipeKey(): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(RECIPE, { recursive: true, withFileTypes: true }).sort(byPath)) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    hash.update(path.slice(RECIPE.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

function byPath(a: { parentPath: string; name: string }, b: { parentPath: string; name: string }): number {
  return join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1;
}

// An image is two gigabytes; another checkout may have a recipe of its own.
function forgetUnused(): void {
  for (const name of readdirSync(VM_CACHE)) {
    const image = join(VM_CACHE, name);
    const isOld = () => Date.now() - statSync(image).mtimeMs > UNUSED_MS;
    if (/^[0-9a-f]{16}$/.test(name) && isOld()) rmSync(image, { recursive: true, force: true });
  }
}
