namespace Aspire.Hosting;

/// <summary>What is done with the application.</summary>
public enum DistributedApplicationOperation
{
    /// <summary>It runs.</summary>
    Run,

    /// <summary>It is published.</summary>
    Publish,
}

/// <summary>Whether the application runs or is published.</summary>
public class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
{
    /// <summary>What is done with the application.</summary>
    public DistributedApplicationOperation Operation { get; } = operation;

    /// <summary>It is published.</summary>
    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;

    /// <summary>It runs.</summary>
    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;
}

/// <summary>How the application is built.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>The command line arguments.</summary>
    public string[]? Args { get; set; }

    /// <summary>The AppHost's assembly.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>The AppHost's directory.</summary>
    public string? ProjectDirectory { get; set; }

    /// <summary>Whether there is no dashboard.</summary>
    public bool DisableDashboard { get; set; }

    /// <summary>Whether the resources' logs go to the application's loggers instead of the console.</summary>
    public bool EnableResourceLogging { get; set; }
}
