/* Step 3, 检验 PIN 码: the agent's own window asks; the page only waits and says how it went. */
(function () {
	'use strict';

	var Hall = window.Hall;
	var place = null;
	/* 'gone' while it is said that the key is not there: its return changes that by itself. */
	var shown = '';
	var stopListening = null;

	function orderLine(order) {
		return Hall.details([
			[Hall.t('field.company'), order.certificate.company || Hall.format.company(order.certificate.subject)],
			[Hall.t('field.order'), Hall.format.order(order.id)]
		]);
	}

	function ready(token) {
		shown = '';
		Hall.refill(place, [
			Hall.details([[Hall.t('field.token'), Hall.key.summary(token)]]),
			token.pin === 'low' && Hall.notice('warn', {text: Hall.t('pin.low'), test: 'pin-low'}),
			token.pin === 'final' && Hall.notice('warn', {text: Hall.t('pin.final'), test: 'pin-final'}),
			Hall.h('div.actions', {}, [
				Hall.button('primary', Hall.t('pin.enter'), 'pin-verify', function () { verify(token); }),
				back()
			])
		]);
	}

	function back() {
		return Hall.button('quiet', Hall.t('back.choose'), 'back', function () { Hall.wizard.go('choose'); });
	}

	function verify(token) {
		shown = '';
		Hall.wizard.busy(true);
		Hall.refill(place, [
			Hall.notice('info', {title: Hall.t('pin.waiting.title'), text: Hall.t('pin.waiting.text'), test: 'pin-waiting'}),
			Hall.spinner(Hall.t('pin.waiting'))
		]);
		Hall.agent.call('pin.verify', {token: token.token}, Hall.wizard.live(function (error) {
			Hall.wizard.busy(false);
			if (error) {
				failed(error, token);
			} else {
				bind(token);
			}
		}));
	}

	/* The PIN must be changed first; then the way goes on from here. */
	function mustChange(error, token) {
		var answer = Hall.h('div', {'aria-live': 'polite'});
		Hall.fill(place, [
			Hall.problem(error, {kind: 'warn', actions: [Hall.changePin(token.token, answer, look), back()]}), answer
		]);
	}

	function failed(error, token) {
		if (error.name === 'pin.expired') { mustChange(error, token); return; }
		var gone = error.name === 'token.removed' || error.name === 'token.absent';
		var again = gone ? look : function () { verify(token); };
		var busy = error.name === 'agent.busy', cancelled = error.name === 'pin.cancelled';
		shown = gone ? 'gone' : '';
		Hall.refill(place, [
			Hall.problem(error, {
				title: Hall.t(busy ? 'busy.title' : gone ? 'pin.gone' : cancelled ? 'pin.cancelled' : 'pin.failed'),
				kind: cancelled || gone ? 'warn' : 'bad',
				actions: [Hall.button('primary', Hall.t(busy ? 'retry' : gone ? 'key.again' : 'pin.again'), 'pin-again', again), back()]
			})
		]);
	}

	/* The hall learns which key the order belongs to; from here no other will do. */
	function bind(token) {
		var order = Hall.state.order;
		Hall.fill(place, Hall.spinner(Hall.t('pin.binding')));
		Hall.api.act(order.id, 'bind', {tokenSerial: token.serial}, Hall.wizard.live(function (error, bound) {
			if (error) {
				Hall.fill(place, Hall.problem(error, {
					actions: [Hall.button('plain', Hall.t('retry'), 'retry', function () { bind(token); }), back()]
				}));
				return;
			}
			Hall.wizard.follow(bound);
			Hall.wizard.say(Hall.t('pin.right'));
		}));
	}

	/* What fails for this key is said before anything is paid. */
	function check(token) {
		Hall.fill(place, Hall.spinner(Hall.t('key.looking')));
		Hall.checks.ofKey(token, Hall.wizard.live(function (failing) {
			if (failing.length === 0) { ready(token); return; }
			Hall.fill(place, [
				Hall.details([[Hall.t('field.token'), Hall.key.summary(token)]]),
				Hall.h('ul.checks', {'data-test': 'pin-checks'}, failing.map(function (item) { return Hall.checks.row(item, look); })),
				Hall.notice('warn', {text: Hall.t('check.failing', {n: failing.length})}),
				Hall.h('div.actions', {}, [Hall.button('primary', Hall.t('check.again'), 'check-again', look), back()])
			]);
		}));
	}

	function look() {
		shown = '';
		Hall.key.need(Hall.state.order, place, check);
	}

	Hall.steps.pin = {
		enter: function (view) {
			place = Hall.h('div');
			Hall.append(view, [Hall.h('p.lead', {text: Hall.t('pin.lead')}), orderLine(Hall.state.order), place]);
			stopListening = Hall.agent.on('token.changed', function (change) {
				if (shown === 'gone' && change.tokens && change.tokens.length > 0) { look(); }
			});
			look();
		},
		leave: function () { stopListening(); }
	};
}());
