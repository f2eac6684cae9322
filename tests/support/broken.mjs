// A broken computer: a scene as breakages.mjs says, and its report.
import { keyhall } from '../lib/tool.mjs';
import { makeSoftScene } from '../lib/soft-scene.mjs';

// action(scene, report), report(FILE): the tool's run.
export async function onBroken({ scene: options, settings, env, breaks, after }, action) {
	const scene = await makeSoftScene(options);
	try {
		await scene.daemon.stop();
		Object.assign(scene.daemon.env, env?.(scene));
		await breaks?.(scene);
		await scene.daemon.again(settings?.(scene));
		await after?.(scene);
		await action(scene, (file) => keyhall(scene.daemon, ['report', '--yes', '--out', file]));
	} finally {
		scene.ends?.();
		await scene.close();
	}
}
