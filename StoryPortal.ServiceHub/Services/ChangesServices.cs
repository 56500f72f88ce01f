namespace StoryPortal.ServiceHub.Services;

/// <summary>Metadata of endpoints that change the registry, and with it answers that gateways keep.</summary>
internal sealed class ChangesServices;
