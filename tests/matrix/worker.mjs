// Tries points of a world: node worker.mjs FOLDER, by messages {id, point} → {id, failure, met}.
import { tryPoint } from './points.mjs';
import { World } from './world.mjs';

const world = World.load(process.argv[2]);
process.on('message', async ({ id, point }) => process.send({ id, ...await tryPoint(world, point) }));
process.on('disconnect', () => process.exit());
