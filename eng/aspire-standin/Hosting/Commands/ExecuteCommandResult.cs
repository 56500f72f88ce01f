namespace Aspire.Hosting.ApplicationModel;

/// <summary>How a command ended.</summary>
public sealed class ExecuteCommandResult
{
    /// <summary>Whether it was done.</summary>
    public required bool Success { get; init; }

    /// <summary>What there is to say.</summary>
    public string? Message { get; init; }
}
