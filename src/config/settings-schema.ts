import { dampingSchema } from './damping.ts';
import { quote } from './quote.ts';
import { mapping, text } from './schema-parts.ts';

/** hostler.yaml. */
export const settingsSchema = mapping(
  'settings, such as lxcPath: /var/lib/lxc',
  {
    lxcPath: text('an absolute path, such as /var/lib/lxc', folderProblem, {
      description: 'Where LXC keeps its guests.',
      pattern: '^/',
      default: '/var/lib/lxc',
    }).optional(),
    damping: dampingSchema.optional(),
  },
  { description: 'Settings of hostler itself.' },
);

function folderProblem(path: string): string | undefined {
  const isPlain = /^\/[^\p{Cc}]*$/u.test(path) && !path.split('/').includes('..') && path.length < 4096;
  return isPlain ? undefined : `${quote(path)} is no absolute path; write one without .., such as /var/lib/lxc`;
}
