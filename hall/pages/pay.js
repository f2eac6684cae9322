/* Step 5, 费用支付: a QR code of the bank, replaced when it expires; the hall knows when it was paid. */
(function () {
	'use strict';

	var Hall = window.Hall;
	var POLL = 3000;

	var view = null;
	var place = null;
	var stopPolling = null;
	var ticking = null;

	function secondsLeft(payment) {
		return Math.floor((new Date(payment.expires).getTime() - Hall.clock.now()) / 1000);
	}

	function isOpen(payment) {
		return payment && payment.state === 'open' && secondsLeft(payment) > 0;
	}

	function stop() {
		if (stopPolling) { stopPolling(); }
		clearInterval(ticking);
		stopPolling = null;
	}

	function amount(order, shown) {
		return Hall.h('div.summary', {}, [Hall.details([
			!shown && [Hall.t('field.amount'), Hall.h('strong.price', {text: Hall.format.money(order.price)})],
			[Hall.t('field.company'), order.company || order.certificate.company],
			[Hall.t('field.order'), Hall.format.order(order.id)]
		])]);
	}

	function showConfirm(order) {
		Hall.fill(place, [
			amount(order),
			Hall.h('div.actions', {}, [
				Hall.button('primary', Hall.t('pay.confirm'), 'pay', request),
				Hall.cancelling.button(view)
			])
		]);
	}

	function countdown(payment) {
		var text = Hall.h('p.countdown', {'data-test': 'countdown'});
		function tick() {
			var left = secondsLeft(payment);
			text.textContent = Hall.t('pay.left', {time: Hall.format.clock(Math.max(left, 0))});
			if (left <= 0) { expired(); }
		}
		clearInterval(ticking);
		ticking = setInterval(tick, 1000);
		tick();
		return text;
	}

	function showCode(order) {
		var payment = order.payment;
		var answer = Hall.h('div', {'aria-live': 'polite', 'data-test': 'pay-answer'});
		Hall.refill(place, [
			Hall.h('div.pay', {'data-test': 'pay-open', 'data-payment': payment.id}, [
				Hall.h('img.qr', {src: payment.qr, width: '260', height: '260', alt: Hall.t('pay.qr.alt'), 'data-test': 'qr'}),
				Hall.h('div.pay-text', {}, [
					Hall.h('h3.pay-how', {text: Hall.t('pay.how')}),
					Hall.h('p.pay-amount', {}, [Hall.h('strong.price', {text: Hall.format.money(order.price)})]),
					Hall.h('p.pay-marks', {text: Hall.t('pay.marks')}),
					countdown(payment),
					Hall.h('p', {}, [Hall.h('a', {
						href: payment.url, target: '_blank', rel: 'noopener', text: Hall.t('pay.link'), 'data-test': 'pay-link'
					})]),
					Hall.spinner(Hall.t('pay.waiting'))
				])
			]),
			answer,
			Hall.h('div.actions', {}, [
				Hall.button('plain', Hall.t('pay.paid'), 'pay-done', function () { ask(answer); }),
				Hall.cancelling.button(view)
			]),
			amount(order, true)
		]);
	}

	function expired() {
		stop();
		Hall.refill(place, Hall.notice('warn', {
			title: Hall.t('pay.expired.title'),
			text: Hall.t('pay.expired.text'),
			test: 'pay-expired',
			actions: [
				Hall.button('primary', Hall.t('pay.again'), 'pay-again', request),
				Hall.button('plain', Hall.t('pay.paid'), 'pay-done', function () { ask(null); })
			]
		}));
	}

	function accept(order) {
		if (Hall.wizard.stepOf(order) !== 'pay') {
			stop();
			Hall.wizard.follow(order);
			Hall.wizard.say(Hall.t('pay.received'));
			return true;
		}
		Hall.wizard.keep(order);
		return false;
	}

	/* 【我已支付】: the hall asks the bank; the clerk hears either way. */
	function ask(answer) {
		Hall.api.order(Hall.state.order.id, Hall.wizard.live(function (error, order) {
			if (error) {
				if (answer) { Hall.fill(answer, Hall.problem(error)); }
			} else if (!accept(order) && answer) {
				Hall.fill(answer, Hall.notice('info', {text: Hall.t('pay.notyet'), test: 'pay-notyet'}));
			}
		}));
	}

	function watch() {
		stop();
		stopPolling = Hall.poll(POLL, function (done) {
			Hall.api.order(Hall.state.order.id, Hall.wizard.live(function (error, order) {
				if (!error && accept(order)) { return; }
				if (!error && !isOpen(order.payment)) { expired(); return; }
				done();
			}));
		});
	}

	function request() {
		Hall.fill(place, Hall.spinner(Hall.t('pay.requesting')));
		Hall.api.act(Hall.state.order.id, 'payment', {}, Hall.wizard.live(function (error, order) {
			if (error && error.name === 'order.state') {
				Hall.wizard.refresh();
			} else if (error) {
				Hall.fill(place, Hall.problem(error, {actions: [Hall.button('plain', Hall.t('retry'), 'retry', request)]}));
			} else if (!accept(order)) {
				watch();
				showCode(order);
			}
		}));
	}

	Hall.steps.pay = {
		enter: function (root) {
			var order = Hall.state.order;
			view = root;
			place = Hall.h('div');
			Hall.append(view, [
				Hall.h('p.lead', {text: Hall.t('pay.lead')}),
				place,
				Hall.h('p.field-note', {text: Hall.t('pay.sandbox'), 'data-test': 'sandbox'})
			]);
			if (order.state !== 'PAYING') {
				showConfirm(order);
			} else if (isOpen(order.payment)) {
				watch();
				showCode(order);
			} else {
				expired();
			}
		},
		leave: stop
	};
}());
