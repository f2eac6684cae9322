/*
 * The wizard of a renewal: which step is shown, for which order. A step is {enter: function (view), leave}; it fills
 * `view` and calls Hall.wizard.go. A step's answers that come after it was left are dropped: wrap them in live().
 *
 * What a test can hold on to, the same in both languages. #view: data-step = environment choose pin confirm pay install
 * success; at install data-mode = key paid issued running recovery watching stopped. Every problem: data-test=problem
 * with data-error = its name. Controls and places, by data-test:
 *   everywhere   language-zh language-en retry problem cancel cancel-ask cancel-yes cancel-no
 *                key-wrong key-again (another key is needed)
 *                pin-change pin-waiting, reveal reveal-verify (a key that shows no certificate)
 *   environment  checks check-again check-next check-ready check-failing prompt; rows: data-check data-state data-code
 *   choose       renew days why-not window-open card-message (in [data-certificate][data-window] in [data-serial]),
 *                pending continue (in [data-order][data-state]) several-keys no-key refresh back
 *   pin          pin-verify pin-waiting pin-again pin-low pin-final back; pin-checks check-again (what fails for the key)
 *   confirm      field-company field-creditCode field-contact field-phone field-email, error-…; confirm
 *   pay          pay sandbox pay-open ([data-payment]) qr countdown pay-link pay-done pay-notyet pay-answer
 *                pay-expired pay-again
 *   install      paid update issued install running progress recovery recover busy busy-retry stopped;
 *                phases: data-phase = begin key install receipt complete
 *   success      success success-details ([data-usage=sign|encrypt]) seal-note encryption-note home
 */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var ORDER_OF_STEPS = ['environment', 'choose', 'pin', 'confirm', 'pay', 'install', 'success'];
	var STEP_OF_STATE = {
		NEW: 'pin', BOUND: 'confirm', CONFIRMED: 'pay', PAYING: 'pay', PAID: 'install', KEY_BOUND: 'install',
		APPLIED: 'install', ISSUED: 'install', INSTALLED: 'install', INVOICED: 'success', MANUAL: 'install',
		REFUND: 'install', CANCELLED: 'choose'
	};

	var turn = 0;
	var current = null;

	/* what the steps share; order and certificate are null until there is one */
	var state = Hall.state = {
		hall: null, orders: [], order: null, wantedOrder: '', certificate: null, tokens: [], certificates: [],
		renewals: [], form: null, retired: []
	};

	function queryOrder() {
		var found = /[?&]order=([A-Za-z0-9._-]{1,64})(?:&|$)/.exec(window.location.search);
		return found ? found[1] : '';
	}

	function showAddress() {
		var id = state.order ? state.order.id : state.wantedOrder;
		var address = window.location.pathname + (id ? '?order=' + encodeURIComponent(id) : '');
		if (window.history.replaceState) { window.history.replaceState(null, '', address); }
	}

	function stepItem(name, index, at) {
		var where = index < at ? 'done' : index === at ? 'current' : 'coming';
		return Hall.h('li.step.step-' + where, {'aria-current': where === 'current' ? 'step' : null}, [
			Hall.h('span.step-number', {'aria-hidden': 'true', text: where === 'done' ? '✓' : String(index + 1)}),
			Hall.h('span.step-name', {text: Hall.t('step.' + name)}),
			where === 'done' && Hall.h('span.hidden', {text: Hall.t('step.done')})
		]);
	}

	function showSteps(name) {
		var at = ORDER_OF_STEPS.indexOf(name);
		Hall.fill(Hall.byId('steps'), ORDER_OF_STEPS.map(function (step, index) { return stepItem(step, index, at); }));
		Hall.byId('steps-short').textContent = Hall.t('step.short', {n: at + 1, of: ORDER_OF_STEPS.length});
	}

	function leaveCurrent() {
		var step = Hall.steps[current];
		if (step && step.leave) { step.leave(); }
	}

	function enter(name) {
		var view = Hall.clear(Hall.byId('view'));
		turn += 1;
		current = name;
		view.setAttribute('data-step', name);
		Hall.append(view, Hall.h('h2', {id: 'step-title', tabindex: '-1', text: Hall.t('step.' + name)}));
		showSteps(name);
		showAddress();
		setBusy(false);
		Hall.steps[name].enter(view);
	}

	/* While it holds, the language stays: a call that runs would be cut off. */
	function setBusy(value) {
		Array.prototype.forEach.call(document.querySelectorAll('[data-language]'), function (button) {
			button.disabled = value;
		});
	}

	Hall.steps = {};

	Hall.wizard = {
		go: function (name) {
			leaveCurrent();
			enter(name);
			window.scrollTo(0, 0);
			Hall.byId('step-title').focus();
		},
		/* The callback, silent once the step was left. */
		live: function (callback) {
			var mine = turn;
			return function () {
				if (mine === turn) { callback.apply(null, arguments); }
			};
		},
		/* Keeps the order and goes where its state says. */
		follow: function (order) {
			state.order = order;
			Hall.wizard.go(STEP_OF_STATE[order.state] || 'choose');
		},
		/* The order went on elsewhere: look and follow. */
		refresh: function () {
			Hall.api.order(state.order.id, Hall.wizard.live(function (error, order) {
				if (error) {
					Hall.append(Hall.byId('view'), Hall.problem(error));
				} else {
					Hall.wizard.follow(order);
				}
			}));
		},
		keep: function (order) {
			state.order = order;
			showAddress();
		},
		forget: function () {
			state.order = null;
			state.wantedOrder = '';
			state.certificate = null;
			state.form = null;
		},
		busy: setBusy,
		current: function () { return current; },
		stepOf: function (order) { return STEP_OF_STATE[order.state]; },
		say: function (text) { Hall.byId('live').textContent = text; }
	};

	function begin() {
		state.wantedOrder = queryOrder();
		Hall.loadHall(function () { Hall.wizard.go('environment'); });
		Hall.onLanguage(function () {
			Hall.agent.setLanguage(Hall.language());
			if (current) {
				leaveCurrent();
				enter(current);
			}
		});
	}

	document.addEventListener('DOMContentLoaded', begin);
}());
