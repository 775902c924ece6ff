import type { Problem } from '../model/config.ts';

/** What the kernel said when a file or folder of the configuration was opened, and what to do about it. */
export function fileProblem(path: string, error: unknown): Problem {
  const { code, message } = error as NodeJS.ErrnoException;
  const says = reasons[code ?? ''] ?? `cannot be read: ${message}; look at the file system it is on`;
  return { place: { file: path, line: 1, column: 1 }, code: 'E_CONFIG_FILE', says };
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'cannot be read: there is no such file or folder; create it, or name another',
  EACCES:
    'cannot be read: permission denied (EACCES); let the user that hostler runs as read it, and enter every folder above it',
  EPERM: 'cannot be read: not permitted (EPERM); let the user that hostler runs as read it',
  ENOTDIR: 'cannot be read: it, or something above it, is no folder (ENOTDIR); put a folder there',
  EISDIR: 'cannot be read: it is a folder; give it a name that does not end in .yaml, or put a file there',
  ELOOP: 'cannot be read: symbolic links lead in a circle (ELOOP); put the file or folder itself there',
  ENAMETOOLONG: 'cannot be read: the name is too long (ENAMETOOLONG); shorten it',
};
