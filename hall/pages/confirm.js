/* Step 4, 确认信息: company, credit code and whom to call. What the certificate says is shown, not asked. */
(function () {
	'use strict';

	var Hall = window.Hall;
	var CODE_SIGNS = '0123456789ABCDEFGHJKLMNPQRTUWXY';
	var CODE_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];

	var inputs = null;
	var message = null;
	var submit = null;
	var seal = null;

	/* GB 32100-2015: 18 signs, the last one checks the others. */
	function isCreditCode(code) {
		var sum = 0;
		if (!/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code)) { return false; }
		CODE_WEIGHTS.forEach(function (weight, index) { sum += weight * CODE_SIGNS.indexOf(code.charAt(index)); });
		return CODE_SIGNS.charAt((31 - sum % 31) % 31) === code.charAt(17);
	}

	/* 138-0013-8000, 138 0013 8000, +86 138…, (0351) 1234567 are how people write them; an extension keeps its dash. */
	function plainPhone(text) {
		var plain = text.replace(/[０-９]/g, function (sign) { return String.fromCharCode(sign.charCodeAt(0) - 0xfee0); })
			.replace(/[\s()（）.]+/g, '-').replace(/[\u2010-\u2015－-]+/g, '-').replace(/^-|-$/g, '').replace(/^\+?86-?(?=1|0)/, '');
		var digits = plain.replace(/-/g, '');
		return /^1\d{10}$/.test(digits) || /^400\d{7}$/.test(digits) ? digits : plain;
	}

	function isPhone(text) {
		return /^1[3-9]\d{9}$/.test(text) || /^400\d{7}$/.test(text) || /^0\d{2,3}-?\d{3,4}-?\d{4}(-\d{1,6})?$/.test(text);
	}

	function isEmail(text) {
		return /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(text) && text.length <= 128;
	}

	/* A row for each field: what is wrong with a value, as the name of a text; '' when nothing is. */
	var FIELDS = [
		{name: 'company', autocomplete: 'organization', max: 128, check: function (value) {
			return value ? '' : 'form.company';
		}},
		{name: 'creditCode', autocomplete: 'off', max: 18, check: function (value) {
			return isCreditCode(value) ? '' : 'form.creditCode';
		}},
		{name: 'contact', autocomplete: 'name', max: 64, check: function (value) { return value ? '' : 'form.contact'; }},
		{name: 'phone', autocomplete: 'tel', type: 'tel', max: 24, check: function (value) {
			return isPhone(value) ? '' : 'form.phone';
		}},
		{name: 'email', optional: true, autocomplete: 'email', type: 'email', max: 128, check: function (value) {
			return value === '' || isEmail(value) ? '' : 'form.email';
		}}
	];

	/* What another browser entered is shown with stars: here it is asked again. */
	function unmasked(value) {
		return /\*/.test(value || '') ? '' : value || '';
	}

	function initial(order) {
		var contact = order.contact || {};
		return Hall.state.form || {
			company: order.company || order.certificate.company || Hall.format.company(order.certificate.subject),
			creditCode: order.creditCode || order.certificate.creditCode || '',
			contact: unmasked(contact.name),
			phone: unmasked(contact.phone),
			email: unmasked(contact.email)
		};
	}

	function certified(order, name) {
		return Boolean(name === 'company' ? order.certificate.company : name === 'creditCode' && order.certificate.creditCode);
	}

	/* What the certificate says is no field: it is read, not filled in. */
	function summary(order, values) {
		return Hall.h('div.summary', {'data-test': 'summary'}, [Hall.details(FIELDS.filter(function (row) {
			return certified(order, row.name);
		}).map(function (row) {
			return [Hall.t('field.' + row.name), Hall.h('span', {text: values[row.name], 'data-test': 'field-' + row.name})];
		}).concat([
			[Hall.t('field.order'), Hall.format.order(order.id)],
			[Hall.t('field.amount'), Hall.h('strong.price', {text: Hall.format.money(order.price)})]
		])), Hall.h('p.field-note', {text: Hall.t('form.certified')})]);
	}

	function field(row, values) {
		var input = Hall.h('input', {
			id: 'field-' + row.name, name: row.name, type: row.type || 'text', autocomplete: row.autocomplete,
			maxlength: row.max, required: !row.optional, 'aria-describedby': 'error-' + row.name,
			'data-test': 'field-' + row.name,
			oninput: function () {
				values[row.name] = input.value;
				mark(row, '');
			}
		});
		input.value = values[row.name];
		inputs[row.name] = input;
		return Hall.h('div.field', {}, [
			Hall.h('label', {'for': 'field-' + row.name, text: Hall.t('field.' + row.name)}),
			input,
			Hall.h('p.field-error', {id: 'error-' + row.name, 'data-test': 'error-' + row.name})
		]);
	}

	/* The seal of the old certificate ends with it: known before anything is paid. */
	function sealField() {
		seal = Hall.h('input', {type: 'checkbox', id: 'seal', 'data-test': 'seal', 'aria-describedby': 'error-seal', onchange: function () {
			if (seal.checked) { markSeal(''); }
		}});
		seal.checked = Boolean(Hall.state.form.seal);
		return Hall.h('div.tick', {}, [
			seal,
			Hall.h('label', {'for': 'seal'}, [Hall.h('strong', {text: Hall.t('seal.title')}), ' ' + Hall.t('seal.text')]),
			Hall.h('p.field-error', {id: 'error-seal', 'data-test': 'error-seal'})
		]);
	}

	function markSeal(text) {
		Hall.byId('error-seal').textContent = text ? Hall.t(text) : '';
		if (text) { seal.setAttribute('aria-invalid', 'true'); } else { seal.removeAttribute('aria-invalid'); }
	}

	function mark(row, text) {
		var input = inputs[row.name];
		Hall.byId('error-' + row.name).textContent = text ? Hall.t(text) : '';
		if (text) {
			input.setAttribute('aria-invalid', 'true');
		} else {
			input.removeAttribute('aria-invalid');
		}
	}

	function valueOf(row) {
		var value = (inputs[row.name] ? inputs[row.name].value : Hall.state.form[row.name]).replace(/^\s+|\s+$/g, '');
		if (row.name === 'phone') { return plainPhone(value); }
		return row.name === 'creditCode' ? value.toUpperCase() : value;
	}

	/* Marks every wrong field, moves to the first; true when all are right. */
	function validate(order) {
		var wrong = FIELDS.filter(function (row) { return !certified(order, row.name); }).filter(function (row) {
			var problem = row.check(valueOf(row));
			mark(row, problem);
			return problem !== '';
		});
		markSeal(seal.checked ? '' : 'form.seal');
		if (wrong.length > 0) { inputs[wrong[0].name].focus(); } else if (!seal.checked) { seal.focus(); }
		return wrong.length === 0 && seal.checked;
	}

	function send(event) {
		var order = Hall.state.order;
		event.preventDefault();
		Hall.clear(message);
		if (!validate(order)) { return; }
		var values = {};
		FIELDS.forEach(function (row) { values[row.name] = valueOf(row); });
		Hall.state.form.seal = true;
		submit.disabled = true;
		Hall.api.act(order.id, 'confirm', {
			company: values.company,
			creditCode: values.creditCode,
			contact: {name: values.contact, phone: values.phone, email: values.email}
		}, Hall.wizard.live(answered));
	}

	function answered(error, order) {
		submit.disabled = false;
		if (error && error.name === 'order.state') {
			Hall.wizard.refresh();
		} else if (error) {
			Hall.fill(message, Hall.problem(error));
		} else {
			Hall.wizard.follow(order);
		}
	}

	Hall.steps.confirm = {
		enter: function (view) {
			var order = Hall.state.order;
			var values = Hall.state.form = initial(order);
			inputs = {};
			message = Hall.h('div');
			submit = Hall.h('button.button.button-primary', {
				type: 'submit', text: Hall.t('confirm.next'), 'data-test': 'confirm'
			});
			Hall.append(view, [
				Hall.h('p.lead', {text: Hall.t('confirm.lead')}),
				Hall.h('div.confirm', {}, [summary(order, values), Hall.h('form.form', {novalidate: true, onsubmit: send}, FIELDS.filter(function (row) {
					return !certified(order, row.name);
				}).map(function (row) {
					return field(row, values);
				}).concat([sealField(), message, Hall.h('div.actions', {}, [submit, Hall.cancelling.button(view)])]))])
			]);
		}
	};
}());
