// Verifies a proof or a receipt as a hall's server must. Nothing but the JDK, 11 or later; Ed25519 needs 15.
//
//   java Verify.java proof   JWS-FILE OLD-CERTIFICATE.pem ORDER ORIGIN SERIAL SHA256-OF-THE-REQUEST
//   java Verify.java receipt JWS-FILE NEW-CERTIFICATE.pem ORDER ORIGIN SERIAL SHA256-OF-THE-CERTIFICATE
//
// The certificate is the one that the hall has for the order, never one that the page brings: that is what makes it a
// proof. SHA256 is hex, of the DER. The JDK has no SM2: see verify.c, or take a provider that has it.
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

public final class Verify {
	private static final long SECONDS = 600; // how far iat may be from our clock

	// alg of JWS (RFC 7518, 3.1; RFC 8037): key type, curve and signature of the JDK. P1363: r and s side by side.
	private static final String[][] ALGORITHMS = {
		{"RS256", "RSA", null, "SHA256withRSA"},
		{"ES256", "EC", "secp256r1", "SHA256withECDSAinP1363Format"},
		{"ES384", "EC", "secp384r1", "SHA384withECDSAinP1363Format"},
		{"EdDSA", "EdDSA", null, "Ed25519"},
	};

	private Verify() {
	}

	// "" when it is good, else what is wrong. expected: the payload's members but iat.
	public static String wrongIn(String jws, X509Certificate certificate, Map<String, String> expected, long now)
			throws GeneralSecurityException {
		String[] parts = jws.trim().split("\\.", -1);
		if (parts.length != 3) return "format";
		Map<String, Object> header, payload;
		byte[] signature;
		try {
			header = Json.read(decode(parts[0]));
			payload = Json.read(decode(parts[1]));
			signature = decode(parts[2]);
		} catch (IllegalArgumentException cause) {
			return "format";
		}
		if (!header.keySet().equals(Set.of("alg", "typ", "x5c")) || !"JWT".equals(header.get("typ"))) return "header";
		if (!isFirst(header.get("x5c"), Base64.getEncoder().encodeToString(certificate.getEncoded()))) return "x5c";
		String[] algorithm = algorithmFor(header.get("alg"), certificate.getPublicKey());
		if (algorithm == null) return "alg";
		byte[] signed = (parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII);
		if (!isSigned(algorithm[3], certificate.getPublicKey(), signed, signature)) return "signature";
		Set<String> names = new HashSet<>(expected.keySet());
		names.add("iat");
		if (!payload.keySet().equals(names)) return "payload";
		for (Map.Entry<String, String> one : expected.entrySet())
			if (!one.getValue().equals(payload.get(one.getKey()))) return one.getKey();
		Object iat = payload.get("iat");
		return iat instanceof Long && Math.abs((Long) iat - now) <= SECONDS ? "" : "iat";
	}

	private static byte[] decode(String part) {
		if (!part.matches("[A-Za-z0-9_-]+")) throw new IllegalArgumentException("not base64url");
		return Base64.getUrlDecoder().decode(part);
	}

	private static boolean isFirst(Object list, String text) {
		return list instanceof List && !((List<?>) list).isEmpty() && text.equals(((List<?>) list).get(0));
	}

	private static String[] algorithmFor(Object name, PublicKey key) throws GeneralSecurityException {
		for (String[] row : ALGORITHMS)
			if (row[0].equals(name) && row[1].equals(key.getAlgorithm()) && (row[2] == null || isOn(key, row[2]))) return row;
		return null;
	}

	private static boolean isOn(PublicKey key, String curve) throws GeneralSecurityException {
		AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
		parameters.init(new ECGenParameterSpec(curve));
		ECParameterSpec wanted = parameters.getParameterSpec(ECParameterSpec.class), own = ((ECPublicKey) key).getParams();
		return own.getCurve().equals(wanted.getCurve()) && own.getGenerator().equals(wanted.getGenerator())
			&& own.getOrder().equals(wanted.getOrder());
	}

	private static boolean isSigned(String algorithm, PublicKey key, byte[] message, byte[] signature) throws GeneralSecurityException {
		Signature verifier = Signature.getInstance(algorithm);
		verifier.initVerify(key);
		verifier.update(message);
		try {
			return verifier.verify(signature);
		} catch (SignatureException cause) {
			return false; // not even the form of one
		}
	}

	// As much of JSON as header and payload need: an object of texts, whole numbers and lists of texts, no name twice.
	private static final class Json {
		private final String text;
		private int at;

		private Json(String text) {
			this.text = text;
		}

		static Map<String, Object> read(byte[] bytes) {
			try {
				Json json = new Json(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
				Map<String, Object> object = json.object();
				if (json.next() != '\0') throw new IllegalArgumentException("more behind it");
				return object;
			} catch (CharacterCodingException cause) {
				throw new IllegalArgumentException(cause);
			}
		}

		// The next character that is no blank; '\0' at the end.
		private char next() {
			while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
			return at < text.length() ? text.charAt(at) : '\0';
		}

		private void take(char wanted) {
			if (next() != wanted) throw new IllegalArgumentException("no " + wanted);
			at++;
		}

		// Whether another one follows; else takes the end.
		private boolean goesOn(char end) {
			if (next() == ',') {
				at++;
				return true;
			}
			take(end);
			return false;
		}

		private Map<String, Object> object() {
			Map<String, Object> members = new HashMap<>();
			take('{');
			do {
				String name = string();
				take(':');
				Object value = next() == '"' ? string() : next() == '[' ? list() : number();
				if (members.put(name, value) != null) throw new IllegalArgumentException("twice: " + name);
			} while (goesOn('}'));
			return members;
		}

		private List<String> list() {
			List<String> items = new ArrayList<>();
			take('[');
			do items.add(string()); while (goesOn(']'));
			return items;
		}

		private Long number() {
			int from = at;
			while (at < text.length() && "-0123456789".indexOf(text.charAt(at)) >= 0) at++;
			return Long.valueOf(text.substring(from, at));
		}

		private String string() {
			StringBuilder out = new StringBuilder();
			take('"');
			for (;;) {
				if (at >= text.length() || text.charAt(at) < ' ') throw new IllegalArgumentException("no end of a text");
				char letter = text.charAt(at++);
				if (letter == '"') return out.toString();
				out.append(letter == '\\' ? escaped() : letter);
			}
		}

		private char escaped() {
			int place = at < text.length() ? "\"\\/bfnrtu".indexOf(text.charAt(at++)) : -1;
			if (place < 0 || (place == 8 && at + 4 > text.length())) throw new IllegalArgumentException("no escape");
			if (place < 8) return "\"\\/\b\f\n\r\t".charAt(place);
			at += 4;
			return (char) Integer.parseInt(text.substring(at - 4, at), 16);
		}
	}

	public static void main(String[] args) throws Exception {
		if (args.length != 7 || !(args[0].equals("proof") || args[0].equals("receipt"))) {
			System.err.println("Verify: proof or receipt, and six more; see the head of Verify.java");
			System.exit(2);
		}
		Map<String, String> expected = new LinkedHashMap<>();
		expected.put("order", args[3]);
		expected.put("origin", args[4]);
		expected.put("tokenSerial", args[5]);
		expected.put(args[0].equals("proof") ? "csrSha256" : "certificateSha256", args[6]);
		Path file = Paths.get(args[1]);
		X509Certificate certificate;
		try (InputStream pem = Files.newInputStream(Paths.get(args[2]))) {
			certificate = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(pem);
		}
		String wrong = wrongIn(new String(Files.readAllBytes(file), StandardCharsets.US_ASCII), certificate, expected,
			System.currentTimeMillis() / 1000);
		System.out.println(wrong.isEmpty() ? "good" : wrong);
		System.exit(wrong.isEmpty() ? 0 : 1);
	}
}
