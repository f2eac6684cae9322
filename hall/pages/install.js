/* Step 6, 更新 → 证书安装, and 异常恢复: whatever happened, the same button brings the order on. */
(function () {
	'use strict';

	var Hall = window.Hall;
	var PHASES = ['begin', 'key', 'install', 'receipt', 'complete'];
	/* The SDK's step → the phase shown. */
	var PHASE_OF_STEP = {
		begin: 'begin', key: 'key', wait: 'key', install: 'install', envelope: 'install', receipt: 'receipt', complete: 'complete'
	};

	/* Words of standing() that are no good news. */
	var KINDS = {reissue: 'warn', resume: 'info', partial: 'info'};

	var view = null;
	var place = null;
	var phases = null;
	var stopListening = null;
	var stopPolling = null;
	var running = false;

	function mode(name) { view.setAttribute('data-mode', name); }

	function isInstalled(order) { return order.state === 'INSTALLED' || order.state === 'INVOICED'; }

	function isIssued(order) { return order.state === 'ISSUED' || isInstalled(order); }

	function stopWatching() {
		if (stopPolling) { stopPolling(); }
		stopPolling = null;
	}

	/* ---- the run, as it is seen ---- */

	function phaseText(name) {
		return Hall.t('phase.' + name + (name === 'install' && Hall.state.hall && Hall.state.hall.dual ? '.dual' : ''));
	}

	function makePhases(first) {
		var bar = Hall.h('progress.bar', {max: '1', value: '0', 'aria-label': Hall.t('install.progress')});
		var text = Hall.h('p.progress-text', {'data-test': 'progress', 'aria-live': 'polite'});
		var items = PHASES.map(function (name) {
			return Hall.h('li.phase', {'data-phase': name}, [
				Hall.h('span.phase-mark', {'aria-hidden': 'true'}), phaseText(name)
			]);
		});
		phases = {bar: bar, text: text, items: items, root: Hall.h('div.run', {}, [Hall.h('ol.phases', {}, items), bar, text])};
		showPhase(first);
		return phases.root;
	}

	function showPhase(name) {
		var at = PHASES.indexOf(name);
		phases.items.forEach(function (item, index) {
			item.className = 'phase' + (index < at ? ' phase-done' : index === at ? ' phase-current' : '');
		});
		phases.bar.max = 1;
		phases.bar.removeAttribute('value');
		phases.text.textContent = at >= 0 ? phaseText(name) : '';
	}

	function onProgress(progress) {
		if (progress.order !== Hall.state.order.id) { return; }
		if (!running && !stopPolling) { watch(); }
		if (!phases) { return; }
		phases.bar.max = progress.of;
		phases.bar.value = progress.step;
		phases.text.textContent = Hall.t('install.step', {step: progress.step, of: progress.of, text: progress.text});
	}

	function onStep(name) {
		if (name === 'wait') { Hall.wizard.say(Hall.t('install.making')); }
		if (phases && PHASE_OF_STEP[name]) { showPhase(PHASE_OF_STEP[name]); }
	}

	function run(agreed) {
		var order = Hall.state.order;
		running = true;
		stopWatching();
		Hall.wizard.busy(true);
		mode('running');
		Hall.refill(place, [
			Hall.notice('info', {text: Hall.t('install.keepkey'), test: 'running'}),
			makePhases(agreed ? 'install' : 'begin')
		]);
		Hall.drive(order, agreed, {step: Hall.wizard.live(onStep), pause: Hall.wizard.live(pause)}, Hall.wizard.live(ended));
	}

	/* The certificate is issued: 【证书安装】. */
	function pause(go) {
		Hall.wizard.busy(false);
		mode('issued');
		var install = Hall.button('primary', Hall.t('install.install'), 'install', function () {
			mode('running');
			Hall.wizard.busy(true);
			Hall.refill(place, [
				Hall.notice('info', {text: Hall.t('install.keepkey'), test: 'running'}),
				makePhases('install')
			]);
			go();
		});
		Hall.refill(place, Hall.notice('good', {
			title: Hall.t('install.issued.title'), text: Hall.t('install.issued.text'), test: 'issued', actions: [install]
		}));
		install.focus();
	}

	function ended(error, result) {
		running = false;
		phases = null;
		Hall.wizard.busy(false);
		if (!error) {
			Hall.state.retired = result.retired || [];
			finish(result.stage);
			return;
		}
		Hall.api.order(Hall.state.order.id, Hall.wizard.live(function (ignored, order) {
			if (order) { Hall.wizard.keep(order); }
			if (error.name === 'agent.busy') {
				watch();
			} else if (order && (order.state === 'MANUAL' || order.state === 'REFUND')) {
				showStopped(order);
			} else {
				showRecovery(error);
			}
		}));
	}

	/* ---- what stands still ---- */

	function isEarly(stage) { return stage === 'nothing' || stage === 'key'; }

	/*
	 * The order is done. What the key shows of it then may be nothing: with the old key certified again there is no mark,
	 * only the new certificate itself.
	 */
	function finish(stage) {
		if (!isEarly(stage)) {
			Hall.wizard.go('success');
			return;
		}
		Hall.key.load(Hall.wizard.live(function () {
			var sign = Hall.key.issued(Hall.state.order).sign;
			if (sign && sign.hasPrivateKey !== false) { Hall.wizard.go('success'); } else { showStopped({state: 'lost'}); }
		}));
	}

	/* Which words fit where the order stands: install.NAME.title and .text. */
	function standing(order, stage) {
		if (isInstalled(order)) { return 'finish'; }
		if (order.state === 'PAID' && stage === 'nothing') { return 'paid'; }
		if (order.state !== 'ISSUED') { return 'resume'; }
		if (stage === 'nothing' && order.key !== 'same') { return 'reissue'; }
		return isEarly(stage) ? 'issued' : 'partial';
	}

	function showReady(stage) {
		var order = Hall.state.order;
		var issued = isIssued(order);
		var name = issued ? 'install' : 'update';
		var words = standing(order, stage);
		var start = Hall.button('primary', Hall.t('install.' + name), name, function () { run(issued); });
		mode(issued ? 'issued' : 'paid');
		Hall.refill(place, Hall.notice(KINDS[words] || 'good', {
			title: Hall.t('install.' + words + '.title'), text: Hall.t('install.' + words + '.text'), hint: problemOf(order),
			test: issued ? 'issued' : 'paid', actions: [start]
		}));
	}

	/* What the clerk did, or has to wait for, is no failure. */
	function recoveryKind(error) {
		return ['pin.cancelled', 'pin.expired', 'token.removed', 'token.absent', 'hall.pending'].indexOf(error.name) >= 0 ? 'warn' : 'bad';
	}

	function goOn() { needKey(function () { run(isIssued(Hall.state.order)); }); }

	/* 修改 PIN 码, where that is what the key waits for; then the run goes on. */
	function changeFor(error, answer) {
		var token = error.name === 'pin.expired' && Hall.key.ofOrder(Hall.state.order);
		return token ? Hall.h('div.actions', {}, [Hall.changePin(token.token, answer, goOn)]) : null;
	}

	/* 异常恢复: why, what to do, and the way on; as often as it takes. */
	function showRecovery(error) {
		var issued = isIssued(Hall.state.order);
		var answer = Hall.h('div', {'aria-live': 'polite'});
		var again = Hall.button('primary', Hall.t(issued ? 'recovery.install' : 'install.update'),
			issued ? 'recover' : 'update', goOn);
		mode('recovery');
		Hall.refill(place, [
			Hall.h('h3.recovery', {text: Hall.t('recovery.title'), 'data-test': 'recovery'}),
			Hall.problem(error, {
				title: Hall.t(issued ? 'recovery.failed.issued' : 'recovery.failed.paid'), kind: recoveryKind(error)
			}),
			changeFor(error, answer),
			answer,
			Hall.h('p', {text: Hall.t(issued ? 'recovery.safe.issued' : 'recovery.safe.paid')}),
			Hall.h('div.actions', {}, [again]),
			Hall.h('p.field-note', {text: Hall.t('recovery.note')}),
			Hall.h('p.field-note', {text: Hall.t('recovery.hotline', {hotline: Hall.hotline()})})
		]);
		again.focus();
	}

	function problemOf(order) {
		return Hall.pick(order.problem && order.problem.message);
	}

	function showStopped(order) {
		mode('stopped');
		Hall.refill(place, Hall.notice('warn', {
			title: Hall.t('state.' + order.state),
			text: Hall.t('stopped.' + order.state, {hotline: Hall.hotline()}),
			hint: problemOf(order),
			test: 'stopped'
		}));
	}

	/* Another page is at it: look on, and go on from where it ends. */
	function watch() {
		mode('watching');
		Hall.refill(place, [
			Hall.notice('warn', {
				title: Hall.t('busy.title'), text: Hall.t('busy.text'), name: 'agent.busy', test: 'busy',
				actions: [Hall.button('plain', Hall.t('retry'), 'busy-retry', look)]
			}),
			makePhases('')
		]);
		phases.root.className = 'run run-watched';
		phases.text.textContent = Hall.t('busy.waiting');
		function look() { stopWatching(); begin(); }
		stopWatching();
		stopPolling = Hall.watchBusy(look, function (error) { stopWatching(); showRecovery(error); });
	}

	/* ---- where it starts ---- */

	/* The order's key is plugged in and this browser is known to the hall. */
	function needKey(found) {
		var order = Hall.state.order;
		mode('key');
		Hall.key.need(order, place, function () {
			Hall.key.claim(order, Hall.wizard.live(function (claimed) {
				Hall.wizard.keep(claimed);
				found();
			}));
		});
	}

	function inspect() {
		var order = Hall.state.order;
		Hall.key.inspect(order, Hall.wizard.live(function (error, info) {
			stopWatching();
			if (!error && info.busy) {
				watch();
			} else if (!error && isInstalled(order) && (info.next === 'none' || isEarly(info.stage))) {
				finish(info.stage);
			} else {
				showReady(error ? '' : info.stage);
			}
		}));
	}

	function begin() {
		var order = Hall.state.order;
		phases = null;
		if (order.state === 'MANUAL' || order.state === 'REFUND') {
			showStopped(order);
		} else {
			needKey(inspect);
		}
	}

	Hall.steps.install = {
		enter: function (root) {
			var order = Hall.state.order;
			view = root;
			place = Hall.h('div');
			Hall.append(view, [
				Hall.details([
					[Hall.t('field.company'), order.company || order.certificate.company],
					[Hall.t('field.order'), Hall.format.order(order.id)],
					[Hall.t('field.token'), order.tokenSerial]
				]),
				place
			]);
			stopListening = Hall.agent.on('renewal.progress', onProgress);
			begin();
		},
		leave: function () {
			running = false;
			phases = null;
			stopWatching();
			stopListening();
			view.removeAttribute('data-mode');
		}
	};
}());
