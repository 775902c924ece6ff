import { expect, test } from 'vitest';
import { rule, serial } from '../devices/make.ts';
import { atRest } from '../fakes/clock.ts';
import { configOf } from '../fakes/configuration.ts';
import { Machine } from '../fakes/machine.ts';
import { portsOf, stage } from '../fakes/stage.ts';
import { memoryStore } from '../fakes/store.ts';

/** A guest may undo a thing five times in a minute. */
const KILLS = 6;

/** A device with a link goes and comes while an agent is killed. Answers what the last agent says of the guest. */
async function killedAgain(at: 'in the middle' | 'at rest') {
  const machine = new Machine();
  machine.start('web1');
  const config = configOf(rule('port', { match: { subsystem: ['tty'] }, links: ['/dev/port'] }));
  let store = memoryStore();
  for (let kill = 0; ; kill += 1) {
    machine.devices = [serial()];
    const { agent } = stage(machine, config, portsOf(machine, config, store));
    await agent.start();
    await atRest();
    if (kill === KILLS)
      return { world: machine.guests.get('web1')?.world, refusals: agent.control.guest('web1')?.refusals };
    const [now, left] = [store, memoryStore()];
    const keep = () => left.saveLedger('web1', now.ledger('web1') ?? expect.fail());
    machine.onAction = (_guest, { verb }) => verb === 'remove-node' && at === 'in the middle' && keep();
    if (at === 'at rest') keep();
    machine.devices = [];
    machine.uevent('kernel', 'remove', serial());
    await machine.clock.pass(300);
    store = left;
  }
}

test('what an agent had begun when it was killed is no change of the guest’s, however often that is', async () => {
  const { world, refusals } = await killedAgain('in the middle');
  expect(world?.files.get('/dev/port')).toMatchObject({ kind: 'link', target: '/dev/ttyUSB0' });
  expect(refusals).toEqual([]);
});

test('what is undone when nothing was under way is counted, whichever agent sees it', async () => {
  const { refusals } = await killedAgain('at rest');
  expect(refusals?.map(({ code }) => code)).toContain('E_FIGHT');
});
