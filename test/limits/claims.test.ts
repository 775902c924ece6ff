import { expect, test } from 'vitest';
import { claimOf, claimsOf } from '../../src/limits/claims.ts';
import { policy } from './policy.ts';

const web = policy({ name: 'web', guests: ['web*'] });
const small = policy({ name: 'small' });
const config = { guests: [{ guest: 'db1', policy: 'small' }, { guest: 'web1' }], policies: [web, small] };

test('the guests of the host and those that files announce each claim their policy, once', () => {
  expect(claimsOf(config, ['web2', 'web1', 'mail'])).toEqual([
    { guest: 'db1', policy: small },
    { guest: 'web1', policy: web },
    { guest: 'web2', policy: web },
  ]);
});

test('a guest without a policy claims nothing', () => {
  expect(claimOf(config, 'mail')).toEqual([]);
});
