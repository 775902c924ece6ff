import { expect, test } from 'vitest';
import { claimsOf } from '../../src/limits/claims.ts';
import { policy, QUARTER } from './policy.ts';

const web = policy({ name: 'web', guests: ['web*'] });
const small = policy({ name: 'small' });
const config = { guests: [{ guest: 'db1', policy: 'small' }, { guest: 'web1' }], policies: [web, small] };

test('the guests of the host and those that files announce each claim their policy, once', () => {
  expect(claimsOf(config, ['web2', 'web1', 'mail'], 2)).toEqual([
    { guest: 'db1', policy: small },
    { guest: 'web1', policy: web },
    { guest: 'web2', policy: web },
  ]);
});

test('what is for each processor is for all of the host before anybody knows where a guest runs', () => {
  const each = policy({ guests: ['*'], cpu: { guarantee: true, bucket: { ...QUARTER, scope: 'cpu' } } });
  const [claim, other] = claimsOf({ guests: [], policies: [each] }, ['a', 'b'], 8);
  expect(claim?.policy.cpu.bucket).toEqual({ ...QUARTER, rate: 8, size: 4000 });
  expect(other?.policy).toBe(claim?.policy);
});
