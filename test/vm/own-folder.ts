import { lstatSync, mkdirSync } from 'node:fs';

/**
 * Makes a folder below one that anybody may write to, where it is not there yet. Throws when somebody else might have made it,
 * or can look into it: keys are kept in it, and processes are ended that it names.
 */
export function ownFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(path);
  if (uid !== process.getuid?.() || (mode & KIND_AND_PERMISSIONS) !== OWN)
    throw new Error(`${path} is no folder of yours with mode 0700; look at it and remove it`);
  return path;
}

const KIND_AND_PERMISSIONS = 0o170777;
/** A folder, neither a link to one nor a file. */
const OWN = 0o040700;
