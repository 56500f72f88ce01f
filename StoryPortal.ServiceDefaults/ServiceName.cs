namespace StoryPortal.ServiceDefaults;

/// <summary>The name under which a process appears in telemetry, health and the service registry.</summary>
/// <param name="Value">Such as <c>service-hub</c>.</param>
public sealed record ServiceName(string Value);
