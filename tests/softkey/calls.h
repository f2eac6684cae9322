/*
 * Every function of PKCS#11 2.40, once. FREE has no session, opens or closes
 * one; CALL and LACK have a parameter "session", and LACK is what softkey does
 * not have. Included several times, so no guard.
 */
FREE(Initialize, (void *arguments), (arguments))
FREE(Finalize, (void *reserved), (reserved))
FREE(GetInfo, (CK_INFO * info), (info))
FREE(GetSlotList, (CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count), (present, list, count))
FREE(GetSlotInfo, (CK_SLOT_ID slot, CK_SLOT_INFO *info), (slot, info))
FREE(GetTokenInfo, (CK_SLOT_ID slot, CK_TOKEN_INFO *info), (slot, info))
FREE(WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID *slot, void *reserved), (flags, slot, reserved))
FREE(GetMechanismList, (CK_SLOT_ID slot, CK_MECHANISM_TYPE *list, CK_ULONG *count), (slot, list, count))
FREE(GetMechanismInfo, (CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info), (slot, type, info))
FREE(InitToken, (CK_SLOT_ID slot, CK_BYTE *pin, CK_ULONG length, CK_BYTE *label), (slot, pin, length, label))
CALL(InitPIN, (CK_SESSION_HANDLE session, CK_BYTE *pin, CK_ULONG length), (session, pin, length))
CALL(SetPIN, (CK_SESSION_HANDLE session, CK_BYTE *old, CK_ULONG old_length, CK_BYTE *new, CK_ULONG new_length),
     (session, old, old_length, new, new_length))
FREE(OpenSession, (CK_SLOT_ID slot, CK_FLAGS flags, void *data, CK_NOTIFY notify, CK_SESSION_HANDLE *session),
     (slot, flags, data, notify, session))
FREE(CloseSession, (CK_SESSION_HANDLE session), (session))
FREE(CloseAllSessions, (CK_SLOT_ID slot), (slot))
CALL(GetSessionInfo, (CK_SESSION_HANDLE session, CK_SESSION_INFO *info), (session, info))
CALL(Login, (CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_BYTE *pin, CK_ULONG length), (session, user, pin, length))
CALL(Logout, (CK_SESSION_HANDLE session), (session))
CALL(CreateObject, (CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *object),
     (session, template, count, object))
CALL(DestroyObject, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object), (session, object))
CALL(GetObjectSize, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *size), (session, object, size))
CALL(GetAttributeValue, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count),
     (session, object, template, count))
CALL(SetAttributeValue, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count),
     (session, object, template, count))
CALL(FindObjectsInit, (CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG count), (session, template, count))
CALL(FindObjects, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE *objects, CK_ULONG room, CK_ULONG *count),
     (session, objects, room, count))
CALL(FindObjectsFinal, (CK_SESSION_HANDLE session), (session))
CALL(DecryptInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), (session, mechanism, key))
CALL(Decrypt, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, in_length, out, out_length))
CALL(DigestInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism), (session, mechanism))
CALL(Digest, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, in_length, out, out_length))
CALL(DigestUpdate, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length), (session, in, length))
CALL(DigestFinal, (CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *length), (session, out, length))
CALL(SignInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), (session, mechanism, key))
CALL(Sign, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, in_length, out, out_length))
CALL(SignUpdate, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length), (session, in, length))
CALL(SignFinal, (CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *length), (session, out, length))
CALL(VerifyInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), (session, mechanism, key))
CALL(Verify, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG in_length, CK_BYTE *sign, CK_ULONG length),
     (session, in, in_length, sign, length))
CALL(VerifyUpdate, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length), (session, in, length))
CALL(VerifyFinal, (CK_SESSION_HANDLE session, CK_BYTE *sign, CK_ULONG length), (session, sign, length))
CALL(GenerateKeyPair,
     (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *public_template, CK_ULONG public_count,
      CK_ATTRIBUTE *private_template, CK_ULONG private_count, CK_OBJECT_HANDLE *public_key,
      CK_OBJECT_HANDLE *private_key),
     (session, mechanism, public_template, public_count, private_template, private_count, public_key, private_key))
CALL(UnwrapKey,
     (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *in, CK_ULONG length,
      CK_ATTRIBUTE *template, CK_ULONG count, CK_OBJECT_HANDLE *object),
     (session, mechanism, key, in, length, template, count, object))
CALL(GenerateRandom, (CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG length), (session, out, length))

LACK(GetOperationState, (CK_SESSION_HANDLE session, CK_BYTE *state, CK_ULONG *length), (session, state, length))
LACK(SetOperationState,
     (CK_SESSION_HANDLE session, CK_BYTE *state, CK_ULONG length, CK_OBJECT_HANDLE a, CK_OBJECT_HANDLE b),
     (session, state, length, a, b))
LACK(CopyObject,
     (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template, CK_ULONG count,
      CK_OBJECT_HANDLE *copy),
     (session, object, template, count, copy))
LACK(EncryptInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key), (session, mechanism, key))
LACK(Encrypt, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, length, out, out_length))
LACK(EncryptUpdate, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, length, out, out_length))
LACK(EncryptFinal, (CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *length), (session, out, length))
LACK(DecryptUpdate, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, length, out, out_length))
LACK(DecryptFinal, (CK_SESSION_HANDLE session, CK_BYTE *out, CK_ULONG *length), (session, out, length))
LACK(DigestKey, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key), (session, key))
LACK(SignRecoverInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
     (session, mechanism, key))
LACK(SignRecover, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, length, out, out_length))
LACK(VerifyRecoverInit, (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key),
     (session, mechanism, key))
LACK(VerifyRecover, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, length, out, out_length))
LACK(DigestEncryptUpdate, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, length, out, out_length))
LACK(DecryptDigestUpdate, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, length, out, out_length))
LACK(SignEncryptUpdate, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, length, out, out_length))
LACK(DecryptVerifyUpdate, (CK_SESSION_HANDLE session, CK_BYTE *in, CK_ULONG length, CK_BYTE *out, CK_ULONG *out_length),
     (session, in, length, out, out_length))
LACK(GenerateKey,
     (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_ATTRIBUTE *template, CK_ULONG count,
      CK_OBJECT_HANDLE *key),
     (session, mechanism, template, count, key))
LACK(WrapKey,
     (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, CK_BYTE *out,
      CK_ULONG *length),
     (session, mechanism, wrapping, key, out, length))
LACK(DeriveKey,
     (CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_ATTRIBUTE *template, CK_ULONG count,
      CK_OBJECT_HANDLE *object),
     (session, mechanism, key, template, count, object))
LACK(SeedRandom, (CK_SESSION_HANDLE session, CK_BYTE *seed, CK_ULONG length), (session, seed, length))
LACK(GetFunctionStatus, (CK_SESSION_HANDLE session), (session))
LACK(CancelFunction, (CK_SESSION_HANDLE session), (session))
