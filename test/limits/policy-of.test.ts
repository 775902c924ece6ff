import { expect, test } from 'vitest';
import { policyOf } from '../../src/limits/policy-of.ts';
import { policy } from './policy.ts';

const config = {
  guests: [{ guest: 'web1', policy: 'small' }, { guest: 'web2' }],
  policies: [
    policy({ name: 'small' }),
    policy({ name: 'web', guests: ['web*'] }),
    policy({ name: 'all', guests: ['*'] }),
    policy({ name: 'nobody' }),
  ],
};

test.each([
  ['web1', 'small', 'its file names it'],
  ['web2', 'web', 'its file names none, and the first whose globs fit counts'],
  ['mail', 'all', 'it needs no file'],
])('%s has the policy %s: %s', (guest, name) => {
  expect(policyOf(config, guest)?.name).toBe(name);
});

test('a guest that no policy is for has none', () => {
  expect(policyOf({ ...config, policies: config.policies.slice(0, 2) }, 'mail')).toBeUndefined();
});
