namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>A credential may be valid, but what verifies it does not respond: the key store, or the authority of JWTs.</summary>
internal sealed class CredentialUnverifiableException(string message, Exception? inner = null) : Exception(message, inner);
