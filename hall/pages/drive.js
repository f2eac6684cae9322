/*
 * One run of a paid order to its end, over the SDK's renewal.drive: first try and recovery are the same call. The
 * hall's side of it is here; what is shown is in install.js.
 */
(function () {
	'use strict';

	var Hall = window.Hall;

	function issuedOf(order) {
		var issued = order.issued || {};
		return {
			certificate: issued.certificate,
			chain: issued.chain,
			encryption: issued.encryption,
			publicKey: order.publicKey,
			installed: order.state === 'INSTALLED' || order.state === 'INVOICED'
		};
	}

	/* The SDK reads data.retry of an error; the hall's own errors say it by their status. */
	function forDrive(error) {
		error.data = error.data || {};
		error.data.retry = error.data.retry || (error.status === 0 || error.status >= 500 ? 'later' : 'no');
		return error;
	}

	/*
	 * show: {step(name), pause(go)}. `agreed`: the clerk already asked for the installation; otherwise the run stops
	 * once the certificate is issued and calls pause(go). done(error, {stage, retired}).
	 */
	Hall.drive = function (order, agreed, show, done) {
		function received(settle) {
			return function (error, answer) {
				if (error) {
					settle(error.name === 'ca.unavailable' ? null : forDrive(error), {});
					return;
				}
				Hall.wizard.keep(answer);
				var issued = issuedOf(answer);
				if (!issued.certificate || issued.installed || agreed) {
					settle(null, issued);
					return;
				}
				show.pause(function () {
					agreed = true;
					settle(null, issued);
				});
			};
		}

		var dual = Boolean(Hall.state.hall && Hall.state.hall.dual);
		var hall = {
			/* What the hall has, for the agent's decision; no pause here unless it just became ready. */
			issued: function (ignored, settle) { Hall.api.order(order.id, received(settle)); },
			key: function (request, settle) {
				var body = {csr: request.csr, proof: request.proof};
				if (dual) { body.importAlgorithms = request.importAlgorithms; }
				Hall.api.act(order.id, 'key', body, received(settle));
			},
			/* The encryption key did not go in: the key centre wraps it anew. */
			envelope: function (ignored, settle) { Hall.api.act(order.id, 'envelope', {}, received(settle)); },
			receipt: function (receipt, settle) {
				Hall.api.act(order.id, 'receipt', {receipt: receipt}, function (error, answer) {
					if (!error) { Hall.wizard.keep(answer); }
					settle(error ? forDrive(error) : null, {});
				});
			}
		};
		var options = {
			certificate: order.certificate.id,
			key: order.key || 'new',
			dual: dual,
			onstep: function (event) { show.step(event.step); }
		};
		if (order.keyType) { options.keyType = order.keyType; }
		Hall.agent.drive(order.id, hall, options, done);
	};
}());
