using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceDefaults.Draining;

/// <summary>How a process that was told to stop hands over, section <c>Drain</c>.</summary>
public sealed class DrainOptions
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Drain";

    /// <summary>
    /// Seconds for which it says that it is not ready and serves as before, so that whoever chooses between several leaves it out. Default 3: the
    /// gateway asks every second and believes the second answer. In Development 0: nobody is waiting there.
    /// </summary>
    [Range(0, 5)]
    public double? Seconds { get; set; }
}
